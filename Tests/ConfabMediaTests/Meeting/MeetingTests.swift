import ConfabMedia
import Primitives
import Testing

@Suite("Meetings")
struct MeetingTests {
  /// What must hold for every viewer, whatever the network did.
  func judge(_ meeting: borrowing MeetingModel, _ note: Comment) {
    for viewer in meeting.viewers.indices {
      #expect(meeting.viewers[viewer].problems == [], note)
      for stream in meeting.decoded(viewer) { #expect(stream.problems == [], note) }
    }
  }

  @Test("two see and hear each other, without a gap", arguments: 1...6)
  func clean(_ seed: UInt64) throws {
    var meeting = try MeetingModel(seed: seed)
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 720)])
    meeting.watch(1, [(0, 720)])
    meeting.run(milliseconds: 6_000)
    judge(meeting, "seed \(seed)")
    for viewer in 0..<2 {
      let stream = try #require(meeting.decoded(viewer).first)
      #expect(stream.missingPackets == 0)
      // 30 a second, less the first round trips.
      #expect(stream.frames > 160)
      // The line carries it, and probes find that out.
      #expect(stream.layers.last == 2)
      #expect(meeting.viewers[viewer].soundPackets > 250)
    }
    #expect(meeting.events.contains(.trackStarted(meeting.tracks[0][1].id)))
  }

  @Test("pictures that are counted with 7 bits are counted on with 15")
  func shortPictures() throws {
    var meeting = try MeetingModel(seed: 12)
    try meeting.join()
    try meeting.join()
    meeting.publishers[1].countsShort = true
    meeting.watch(0, [(1, 180)])
    meeting.run(milliseconds: 10_000)
    judge(meeting, "short")
    #expect(try #require(meeting.decoded(0).first).frames > 280)
  }

  @Test("a tile's size chooses the layer, and each change begins with a key frame")
  func layers() throws {
    var meeting = try MeetingModel(seed: 11)
    try meeting.join()
    try meeting.join()
    for height in [180, 720, 360, 720, 180] {
      meeting.watch(0, [(1, height)])
      meeting.run(milliseconds: 4_000)
      let stream = try #require(meeting.decoded(0).first)
      #expect(stream.layers.last == [180: 0, 360: 1, 720: 2][height])
      #expect(stream.missingPackets <= stream.layers.count)
    }
    judge(meeting, "layers")
  }

  @Test("pictures go on through loss, reordering and duplicates", arguments: 1...6)
  func loss(_ seed: UInt64) throws {
    var meeting = try MeetingModel(seed: 100 + seed)
    meeting.uplink.loss = 0.05
    meeting.downlink.loss = 0.05
    meeting.uplink.jitter = 15_000_000
    meeting.downlink.jitter = 15_000_000
    meeting.uplink.duplication = 0.02
    meeting.downlink.duplication = 0.02
    try meeting.join()
    try meeting.join()
    try meeting.join()
    for publisher in 0..<3 { meeting.publishers[publisher].sendsPadding = seed % 2 == 0 }
    meeting.watch(0, [(1, 360), (2, 180)])
    meeting.watch(1, [(0, 720), (2, 180)])
    meeting.watch(2, [(0, 180), (1, 180)])
    meeting.run(milliseconds: 8_000)
    judge(meeting, "seed \(seed)")
    for viewer in 0..<3 {
      for stream in meeting.decoded(viewer) {
        #expect(stream.frames > 180, "seed \(seed), viewer \(viewer)")
      }
      #expect(meeting.viewers[viewer].repairPackets > 5)
    }
  }

  @Test("who comes late sees a picture at once, and asks the publisher for little")
  func joiner() throws {
    var meeting = try MeetingModel(seed: 21)
    try meeting.join()
    try meeting.join()
    meeting.watch(1, [(0, 180)])
    meeting.run(milliseconds: 3_000)
    for _ in 0..<4 {
      try meeting.join()
      meeting.watch(meeting.viewers.count - 1, [(0, 180)])
      meeting.run(milliseconds: 700)
      let stream = try #require(meeting.decoded(meeting.viewers.count - 1).first)
      #expect(stream.frames > 5)
    }
    judge(meeting, "joiners")
    // One every half second at most, for each of its layers.
    #expect(meeting.publishers[0].keyframeRequests <= 3 * 12)
  }

  @Test("many requests for a key frame are one")
  func merged() throws {
    var meeting = try MeetingModel(seed: 22)
    for _ in 0..<5 { try meeting.join() }
    for viewer in 1..<5 { meeting.watch(viewer, [(0, 180)]) }
    meeting.run(milliseconds: 3_000)
    let before = meeting.publishers[0].keyframeRequests
    for _ in 0..<10 {
      for viewer in 1..<5 {
        guard
          let ssrc = meeting.viewers[viewer].repairs.values.sorted().first(where: {
            meeting.viewers[viewer].received[$0] != nil
          })
        else { continue }
        let request = rtcp { $0.pictureLoss(sender: 1, media: ssrc) }
        request.withUnsafeBytes {
          meeting.room.receiveRTCP(
            $0, from: ParticipantIndex(of: viewer), role: .subscribing, slab: meeting.slab,
            sink: &meeting.sink, at: meeting.now)
        }
      }
      meeting.run(milliseconds: 10)
    }
    meeting.run(milliseconds: 100)
    #expect(meeting.publishers[0].keyframeRequests - before == 1)
  }

  @Test("a pause leaves no gap in the numbers, so that no viewer's SRTP loses count")
  func pause() throws {
    var meeting = try MeetingModel(seed: 31)
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 180)])
    meeting.run(milliseconds: 2_000)
    let track = meeting.tracks[1][1].id
    meeting.room.setMuted(track, true, at: meeting.now)
    meeting.run(milliseconds: 200)
    let frames = try #require(meeting.decoded(0).first).frames
    // Long enough for the source's numbers to go half way round.
    for _ in 0..<33_000 { meeting.publishers[1].layers[0].sequence &+= 1 }
    meeting.run(milliseconds: 2_000)
    #expect(try #require(meeting.decoded(0).first).frames == frames)
    meeting.room.setMuted(track, false, at: meeting.now)
    meeting.run(milliseconds: 2_000)
    let stream = try #require(meeting.decoded(0).first)
    #expect(stream.frames > frames + 40)
    #expect(stream.missingPackets == 0)
    judge(meeting, "pause")
  }

  @Test("another's picture in the same slot goes on with the same stream")
  func sources() throws {
    var meeting = try MeetingModel(seed: 32)
    for _ in 0..<4 { try meeting.join() }
    for round in 0..<6 {
      meeting.watch(0, [(1 + round % 3, 180)])
      meeting.run(milliseconds: 1_500)
    }
    judge(meeting, "sources")
    // One section was enough.
    #expect(meeting.decoded(0).count == 1)
    #expect(try #require(meeting.decoded(0).first).frames > 200)
  }

  @Test("a narrow line gets no more than it carries", arguments: [300_000, 800_000])
  func narrow(_ rate: Int) throws {
    var meeting = try MeetingModel(seed: 41)
    meeting.downlink.bitsPerSecond = rate
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 720)])
    meeting.run(milliseconds: 8_000)
    meeting.bytesSent[0] = 0
    meeting.run(milliseconds: 10_000)
    // Probes try more for a moment, seldom.
    #expect(meeting.bytesSent[0] * 8 / 10 <= rate * 11 / 10)
    let stream = try #require(meeting.decoded(0).last)
    #expect(stream.frames > 60)
    #expect(stream.layers.last ?? 2 < 2)
    judge(meeting, "\(rate) bit/s")
  }

  @Test("a wide line gets no more than its viewer wants")
  func thrifty() throws {
    var meeting = try MeetingModel(seed: 44)
    meeting.downlink.bitsPerSecond = 8_000_000
    for _ in 0..<3 { try meeting.join() }
    meeting.watch(0, [(1, 720), (2, 720)], bitrateMax: 500_000)
    meeting.run(milliseconds: 8_000)
    meeting.bytesSent[0] = 0
    meeting.run(milliseconds: 10_000)
    let sound = meeting.room.limits.audioSlots * 40_000
    #expect(meeting.bytesSent[0] * 8 / 10 <= (500_000 + sound) * 11 / 10)
    #expect(meeting.decoded(0).allSatisfy { $0.frames > 100 })
    judge(meeting, "thrifty")
  }

  @Test("a very narrow line gets every fourth picture, and does not see that any are missing")
  func base() throws {
    var meeting = try MeetingModel(seed: 43)
    meeting.downlink.bitsPerSecond = 140_000
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 720)])
    meeting.run(milliseconds: 20_000)
    let stream = try #require(meeting.decoded(0).first)
    #expect(Set(stream.temporalLayers.suffix(20)) == [0])
    judge(meeting, "base layer")
  }

  @Test("a wide line is found out by probing, and used")
  func probing() throws {
    var meeting = try MeetingModel(seed: 42)
    meeting.downlink.bitsPerSecond = 8_000_000
    for _ in 0..<3 { try meeting.join() }
    meeting.watch(0, [(1, 720), (2, 720)])
    meeting.run(milliseconds: 12_000)
    #expect(meeting.decoded(0).map { $0.layers.last } == [2, 2])
    #expect(meeting.viewers[0].repairPackets + meeting.viewers[0].paddingPackets > 0)
    judge(meeting, "wide")
  }

  @Test("who leaves takes their slots along, and nothing of the slab stays taken")
  func leaving() throws {
    var meeting = try MeetingModel(seed: 51)
    try meeting.join()
    try meeting.join()
    meeting.watch(0, [(1, 360)])
    meeting.run(milliseconds: 2_000)
    #expect(meeting.slab.slotsInUse > 0)
    let track = meeting.tracks[1][1].id
    meeting.room.leave(ParticipantIndex(of: 1), slab: &meeting.slab, at: meeting.now)
    meeting.room.leave(ParticipantIndex(of: 0), slab: &meeting.slab, at: meeting.now)
    #expect(meeting.slab.slotsInUse == 0)
    #expect(meeting.room.nextDeadline == nil)
    var events: [RoomEvent] = []
    while let event = meeting.room.nextEvent() { events.append(event) }
    #expect(events.contains(.trackRemoved(track)))
    // Their last packets come to nobody.
    meeting.run(milliseconds: 100)
    #expect(meeting.slab.slotsInUse == 0)
  }

  @Test("the loudest is heard, and called the active speaker")
  func speakers() throws {
    var meeting = try MeetingModel(seed: 61)
    for _ in 0..<4 { try meeting.join() }
    // One section for sound: the listener hears one of three.
    meeting.publishers[2].level = 10
    meeting.run(milliseconds: 4_000)
    #expect(
      meeting.events.last { if case .activeSpeaker = $0 { true } else { false } }
        == .activeSpeaker(ParticipantIndex(of: 2)))
    meeting.publishers[2].level = 127
    meeting.publishers[3].level = 8
    meeting.run(milliseconds: 4_000)
    #expect(
      meeting.events.last { if case .activeSpeaker = $0 { true } else { false } }
        == .activeSpeaker(ParticipantIndex(of: 3)))
    let heard = meeting.events.compactMap { event -> TrackID? in
      guard case .slot(ParticipantIndex(of: 0), let slot, let track) = event, slot.kind == .audio
      else { return nil }
      return track
    }
    #expect(heard.last == meeting.tracks[3][0].id)
    meeting.publishers[3].level = 127
    meeting.run(milliseconds: 8_000)
    #expect(
      meeting.events.last { if case .activeSpeaker = $0 { true } else { false } }
        == .activeSpeaker(nil))
    judge(meeting, "speakers")
  }
}
