import ConfabMedia
import Primitives
import Testing

/// What one participant can do to the others, by ill will, by a narrow line, or by speaking quietly.
@Suite("Meetings: fairness")
struct MeetingFairnessTests {
  // MARK: Memory

  @Test("a stream that stops gives its packets back, though nothing more of it comes")
  func stopped() throws {
    var meeting = try MeetingModel(seed: 71)
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 720)])
    meeting.run(milliseconds: 2_000)
    #expect(meeting.slab.slotsInUse > 100)
    for publisher in 0..<2 {
      for layer in 0..<3 { meeting.publishers[publisher].layers[layer].isPaused = true }
    }
    meeting.run(milliseconds: 1_500)
    #expect(meeting.slab.slotsInUse == 0)
  }

  @Test("a browser that floods keeps no more than its part, and others' pictures go on")
  func flood() throws {
    var meeting = try MeetingModel(seed: 72)
    meeting.slab = PacketSlab(slotsMax: 2_048)
    for _ in 0..<4 { try meeting.join() }
    meeting.watch(0, [(1, 360)])
    meeting.run(milliseconds: 1_000)
    for flooder in [2, 3] {
      for layer in meeting.publishers[flooder].layers.indices {
        let ssrc = meeting.publishers[flooder].layers[layer].ssrc
        for _ in 0..<1_000 {
          let sequence = meeting.publishers[flooder].layers[layer].sequence
          meeting.publishers[flooder].layers[layer].sequence &+= 1
          meeting.deliver(tiny(sequence, ssrc: ssrc), from: flooder)
        }
      }
    }
    #expect(meeting.slab.slotsFree > 1_024)
    let before = try #require(meeting.decoded(0).first).frames
    meeting.run(milliseconds: 1_000)
    #expect(try #require(meeting.decoded(0).first).frames > before + 25)
    // And what it does not keep any more is given back once.
    for _ in 0..<3 {
      meeting.room.leave(ParticipantIndex(of: 2), slab: &meeting.slab, at: meeting.now)
    }
    meeting.room.close(slab: &meeting.slab, at: meeting.now)
    #expect(meeting.slab.slotsInUse == 0)
  }

  @Test("SSRCs in turn on one layer bind it once a second, however many packets there are")
  func rebinding() throws {
    var meeting = try MeetingModel(seed: 73)
    try meeting.join()
    meeting.run(milliseconds: 1_500)
    let before = meeting.room.streamPlaces
    for packet in 1...400 as ClosedRange<UInt16> {
      meeting.deliver(tiny(packet, ssrc: packet % 2 == 0 ? 7 : 8, rid: "l"), from: 0)
    }
    #expect(meeting.room.streamPlaces <= before + 1)
    meeting.run(milliseconds: 1_200)
    meeting.deliver(tiny(1_000, ssrc: 9, rid: "l"), from: 0)
    // A camera that is changed later is another stream.
    let packets = meeting.slab.slotsInUse
    meeting.deliver(tiny(1_001, ssrc: 9), from: 0)
    #expect(meeting.slab.slotsInUse == packets + 1)
  }

  private func tiny(_ sequence: UInt16, ssrc: UInt32, rid: String? = nil) -> [UInt8] {
    written { buffer in
      var writer = RTPHeaderWriter(
        buffer, payloadType: 96, marker: true, sequence: sequence, timestamp: UInt32(sequence),
        ssrc: ssrc)
      if let rid {
        [UInt8]("1".utf8).withUnsafeBytes {
          writer.element(PublisherModel.Number.mid, text: $0)
        }
        [UInt8](rid.utf8).withUnsafeBytes {
          writer.element(PublisherModel.Number.rid, text: $0)
        }
      }
      return writer.finish()
    } + [0x10, 1, 0, 0]
  }

  // MARK: Sections

  @Test("cameras that are off take no section from one that is on")
  func off() throws {
    var meeting = try MeetingModel(seed: 74)
    for _ in 0..<5 { try meeting.join() }
    for publisher in 1...3 {
      meeting.room.setMuted(meeting.tracks[publisher][1].id, true, at: meeting.now)
    }
    meeting.watch(0, [(1, 360), (2, 360), (3, 360), (4, 360)])
    meeting.run(milliseconds: 2_000)
    #expect(try #require(meeting.decoded(0).first).frames > 40)
    // Who is on again is seen without a new wish; with both sections taken, the first wishes count.
    meeting.room.setMuted(meeting.tracks[1][1].id, false, at: meeting.now)
    meeting.room.setMuted(meeting.tracks[2][1].id, false, at: meeting.now)
    meeting.run(milliseconds: 200)
    #expect(meeting.shown(to: 0, .video) == Set([1, 2].map { meeting.tracks[$0][1].id }))
    meeting.room.setMuted(meeting.tracks[2][1].id, true, at: meeting.now)
    meeting.run(milliseconds: 200)
    #expect(meeting.shown(to: 0, .video) == Set([1, 4].map { meeting.tracks[$0][1].id }))
  }

  // MARK: Sound

  @Test("a quiet person is heard while the others are silent, from the first word on")
  func quiet() throws {
    var meeting = try MeetingModel(seed: 75)
    for _ in 0..<5 { try meeting.join() }
    // Rooms that hum; nobody speaks.
    for publisher in 0..<5 { meeting.publishers[publisher].level = 70 }
    meeting.run(milliseconds: 3_000)
    // Too far from the microphone for what is called speech, and over within 150 ms.
    meeting.publishers[4].level = 42
    meeting.run(milliseconds: 80)
    #expect(meeting.shown(to: 0, .audio) == [meeting.tracks[4][0].id])
    meeting.run(milliseconds: 70)
    meeting.publishers[4].level = 70
    meeting.run(milliseconds: 500)
    // A pause is not the end.
    #expect(meeting.shown(to: 0, .audio) == [meeting.tracks[4][0].id])
    meeting.publishers[3].level = 20
    meeting.run(milliseconds: 120)
    #expect(meeting.shown(to: 0, .audio) == [meeting.tracks[3][0].id])
  }

  @Test("what a screen plays is heard whoever speaks, and is nobody's speech")
  func screenSound() throws {
    var meeting = try MeetingModel(seed: 76)
    try meeting.join()
    try meeting.join(sound: .screenAudio)
    for _ in 0..<3 { try meeting.join() }
    meeting.publishers[1].level = 60
    for publisher in 2..<5 { meeting.publishers[publisher].level = UInt8(10 + publisher) }
    meeting.run(milliseconds: 3_000)
    #expect(meeting.shown(to: 0, .audio) == [meeting.tracks[1][0].id])
    meeting.publishers[1].level = 1
    meeting.run(milliseconds: 3_000)
    #expect(!meeting.events.contains(.activeSpeaker(ParticipantIndex(of: 1))))
  }

  // MARK: Key frames

  @Test(
    "one viewer who asks for key frames all the time gets a few, and then one every three seconds")
  func keyframes() throws {
    var meeting = try MeetingModel(seed: 77)
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 180)])
    meeting.run(milliseconds: 3_000)
    let ssrc = try #require(
      meeting.viewers[0].repairs.values.first { ssrc in
        meeting.viewers[0].received[ssrc] != nil
      })
    let before = meeting.publishers[1].keyframeRequests
    for _ in 0..<40 {
      let request = rtcp { $0.pictureLoss(sender: 1, media: ssrc) }
      request.withUnsafeBytes {
        meeting.room.receiveRTCP(
          $0, from: ParticipantIndex(of: 0), role: .subscribing, slab: meeting.slab,
          sink: &meeting.sink, at: meeting.now)
      }
      meeting.run(milliseconds: 500)
    }
    // 20 s: three at once, and what comes due.
    #expect((4...10).contains(meeting.publishers[1].keyframeRequests - before))
  }

  // MARK: Lines

  @Test("a line that goes dark is sent less and less")
  func dark() throws {
    var meeting = try MeetingModel(seed: 78)
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 720)])
    meeting.run(milliseconds: 6_000)
    #expect(try #require(meeting.decoded(0).first).layers.last == 2)
    meeting.downlink.bitsPerSecond = 1
    meeting.run(milliseconds: 2_500)
    meeting.bytesSent[0] = 0
    meeting.run(milliseconds: 2_000)
    #expect(meeting.bytesSent[0] * 8 / 2 < 300_000)
    meeting.downlink.bitsPerSecond = nil
    let frames = try #require(meeting.decoded(0).first).frames
    meeting.run(milliseconds: 15_000)
    #expect(try #require(meeting.decoded(0).first).frames > frames + 100)
    #expect(try #require(meeting.decoded(0).first).layers.last == 2)
  }

  @Test("another connection in the place of one that was lost begins with a key frame")
  func renewed() throws {
    var meeting = try MeetingModel(seed: 79)
    try meeting.join()
    try meeting.join()
    meeting.publishers[1].level = 10
    meeting.watch(0, [(1, 360)])
    meeting.run(milliseconds: 2_000)
    let viewer = ParticipantIndex(of: 0)
    meeting.room.transportIsDown(viewer, role: .subscribing, at: meeting.now)
    meeting.run(milliseconds: 100)
    meeting.bytesSent[0] = 0
    meeting.run(milliseconds: 1_000)
    #expect(meeting.bytesSent[0] == 0)
    let stream = try #require(
      meeting.viewers[0].received.first { $0.value.values.contains { $0.descriptor != nil } })
    let last = try #require(stream.value.keys.max())
    let (frames, sound) = (
      try #require(meeting.decoded(0).first).frames, meeting.viewers[0].soundPackets
    )
    meeting.room.transportIsUp(viewer, role: .subscribing, at: meeting.now)
    meeting.run(milliseconds: 1_500)
    let next = try #require(
      meeting.viewers[0].received[stream.key]?.filter { $0.key > last }
        .min { $0.key < $1.key })
    #expect(next.value.isKey)
    #expect(try #require(meeting.decoded(0).first).frames > frames + 25)
    #expect(meeting.viewers[0].soundPackets > sound + 40)
    // The publisher's, too: what it sends over the new one is another stream of the same layer.
    meeting.room.transportIsDown(ParticipantIndex(of: 1), role: .publishing, at: meeting.now)
    meeting.publishers[1] = PublisherModel(seed: 4_711)
    meeting.room.transportIsUp(ParticipantIndex(of: 1), role: .publishing, at: meeting.now)
    let before = try #require(meeting.decoded(0).first).frames
    meeting.run(milliseconds: 1_500)
    #expect(try #require(meeting.decoded(0).first).frames > before + 25)
    #expect(meeting.viewers[0].problems == [])
  }
}

extension MeetingModel {
  /// The tracks that are in a viewer's sections of a kind.
  func shown(to viewer: Int, _ kind: MediaKind) -> Set<TrackID> {
    var slots: [MediaSlot: TrackID] = [:]
    for event in events {
      guard case .slot(ParticipantIndex(of: viewer), let slot, let track) = event,
        slot.kind == kind
      else { continue }
      slots[slot] = track
    }
    return Set(slots.values)
  }
}
