import Primitives

/// One meeting's media: who publishes, who sees and hears what, and every packet from one to the others.
///
/// A value with one owner, a media thread, that feeds it and performs what comes out:
///
/// - **commands** change who is there: `join`, `leave`, `publish`, `subscribe…`, `wish`, `setMuted`;
/// - **inputs** are what arrived, opened: `receiveRTP`, `receiveRTCP`, `transportIsUp`, and the time:
///   `handleTimeout` when `nextDeadline` has come;
/// - **outputs** are packets, to the sink during an input, and events: drain `nextEvent` after each call.
///
/// Times are nanoseconds of one monotonic clock. Nothing is allocated for a packet once the room has
/// warmed up. Only authenticated packets may come in: every claim in them is bounded all the same.
///
/// No pair of SSRC and sequence number ever goes to a viewer twice with different bytes, so that a key
/// of SRTP never meets the same nonce twice.
package struct MediaRoom: ~Copyable {
  /// How often the room looks at what is due.
  static let tickNanoseconds: UInt64 = 20_000_000

  package let limits: MediaRoomLimits
  var random: SeededRandom
  var participants = Table<Participant>()
  var tracks = Table<Uptrack>()
  var trackPlaces: [TrackID: Int] = [:]
  var streams = Table<Upstream>()
  var downtracks = Table<Downtrack>(capacity: 64)
  var speakers: LoudestSpeakers
  var events: [RoomEvent] = []
  var participantCount = 0
  var nextTrack: UInt32 = 1
  var nextTick: UInt64 = 0
  var nextSpeech: UInt64 = 0
  /// When somebody may next be let in between two of these.
  var nextHearing: UInt64 = 0
  var nextExpiry: UInt64 = 0
  var nextDemand: UInt64 = 0
  /// In the datagram that is being read.
  var isKeyframeRequested = false
  /// Somebody is to see a layer that its publisher was told not to send.
  var isDemandDue = false
  let scratch = PacketScratch()

  /// - Parameter seed: of the SSRCs and first sequence numbers; random, so that no two rooms are alike.
  package init(limits: MediaRoomLimits = MediaRoomLimits(), seed: UInt64) {
    self.limits = limits
    random = SeededRandom(seed: seed)
    speakers = LoudestSpeakers(audioSlots: limits.audioSlots)
  }

  // MARK: People

  package mutating func join(at now: UInt64) throws(MediaRoomError) -> ParticipantIndex {
    guard participantCount < limits.participantsMax else { throw .roomFull }
    if participantCount == 0 { nextTick = now }
    participantCount += 1
    let participant = Participant(
      feedbackSSRC: newSSRC(), canonicalName: [UInt8].random(count: 9, using: &random).base64URL,
      transportSequence: UInt16.random(in: 0...0x7FFF, using: &random))
    let index = participants.insert(participant)
    makeSlots(index)
    hearEverybody()
    return ParticipantIndex(value: Int32(index))
  }

  /// Both transports of the participant are gone, or are to be closed by the driver. The room keeps none
  /// of the slots that their packets lie in.
  package mutating func leave(
    _ participant: ParticipantIndex, slab: inout PacketSlab, at now: UInt64
  ) {
    let index = Int(participant.value)
    guard participants.contains(index) else { return }
    removeRetired(slab: &slab)
    for track in participants[index].tracks { remove(track: track, slab: &slab) }
    for downtrack in participants[index].slots {
      stopShowing(downtrack)
      _ = downtracks.remove(downtrack)
    }
    _ = participants.remove(index)
    participantCount -= 1
    updateSpeakers(at: now)
  }

  /// Everybody leaves: gives all slots back before the room is dropped.
  package mutating func close(slab: inout PacketSlab, at now: UInt64) {
    for index in 0..<participants.end where participants.contains(index) {
      leave(ParticipantIndex(value: Int32(index)), slab: &slab, at: now)
    }
  }

  private mutating func makeSlots(_ viewer: Int) {
    let slots =
      (0..<limits.audioSlots).map { MediaSlot(kind: .audio, number: $0) }
      + (0..<limits.videoSlots).map { MediaSlot(kind: .video, number: $0) }
    for slot in slots {
      let downtrack = Downtrack(
        viewer: viewer, slot: slot, ssrc: newSSRC(),
        repairSSRC: slot.kind == .video ? newSSRC() : 0,
        // In the lower half, as RFC 3711 §3.3.1 would have it: a loss at the start is no wrap then.
        sequence: UInt16.random(in: 1...0x7FFF, using: &random),
        repairSequence: UInt16.random(in: 1...0x7FFF, using: &random),
        timestamp: UInt32.random(in: 0...UInt32.max, using: &random))
      let place = downtracks.insert(downtrack)
      participants[viewer].slots.append(place)
    }
  }

  mutating func newSSRC() -> UInt32 { UInt32.random(in: 1...UInt32.max, using: &random) }

  // MARK: Wishes

  /// While muted, nothing of the track is forwarded.
  package mutating func setMuted(_ track: TrackID, _ isMuted: Bool, at now: UInt64) {
    guard let index = find(track), tracks[index].isMuted != isMuted else { return }
    tracks[index].isMuted = isMuted
    let listeners = tracks[index].listeners
    for listener in listeners {
      downtracks[Int(listener)].hold()
      participants[downtracks[Int(listener)].viewer].isAllocationDue = true
    }
    switch tracks[index].agreed.kind {
    case .audio:
      updateSpeakers(at: now)
      aimSound(index)
    case .video:
      // A section that shows nothing is another's meanwhile.
      for viewer in 0..<participants.end
      where participants.contains(viewer)
        && participants[viewer].wishes.contains(where: { $0.track == track })
      {
        show(viewer)
      }
      nextTick = min(nextTick, now)
    }
  }

  func find(_ track: TrackID) -> Int? { trackPlaces[track] }

  // MARK: Inputs

  /// The DTLS handshake is done: from now on, what is sent arrives.
  package mutating func transportIsUp(
    _ participant: ParticipantIndex, role: TransportRole, at now: UInt64
  ) {
    let index = Int(participant.value)
    guard participants.contains(index) else { return }
    switch role {
    case .publishing: participants[index].isPublishingUp = true
    case .subscribing:
      participants[index].isSubscribingUp = true
      participants[index].isAllocationDue = true
    }
    nextTick = min(nextTick, now)
  }

  /// The connection is no more; another may come in its place.
  package mutating func transportIsDown(
    _ participant: ParticipantIndex, role: TransportRole, at now: UInt64
  ) {
    let index = Int(participant.value)
    guard participants.contains(index) else { return }
    switch role {
    case .publishing:
      participants[index].isPublishingUp = false
      participants[index].arrivals = ArrivalRecorder()
      for track in participants[index].tracks {
        tracks[track].boundAt = [0, 0, 0]
        // The next one sends everything, until it is told otherwise.
        tracks[track].demand = LayerDemand()
      }
    case .subscribing:
      participants[index].isSubscribingUp = false
      // The next one knows none of the pictures, nor which section is which.
      for slot in participants[index].slots {
        downtracks[slot].isReported = false
        downtracks[slot].current = -1
        downtracks[slot].startsPassed = 0
      }
      participants[index].downlink = DownlinkEstimator(
        firstSequence: UInt16.random(in: 0...0x7FFF, using: &random))
    }
  }

  /// When `handleTimeout` is due; nil in an empty room.
  package var nextDeadline: UInt64? { participantCount == 0 ? nil : nextTick }

  /// How much memory there is for streams: one more than the highest place that one ever had.
  package var streamPlaces: Int { streams.end }

  // MARK: Outputs

  package mutating func nextEvent() -> RoomEvent? {
    events.isEmpty ? nil : events.removeFirst()
  }
}

/// Memory in which headers and RTCP are written, one after the other.
struct PacketScratch: ~Copyable {
  static let rtcpBytes = 1_200

  let header: UnsafeMutableRawBufferPointer
  let prefix: UnsafeMutableRawBufferPointer
  let rtcp: UnsafeMutableRawBufferPointer
  /// Padding of 1 to 255 bytes ends with its own length (RFC 3550 §5.1); the rest are zeros.
  private let zeros: UnsafeMutableRawBufferPointer

  init() {
    header = .allocate(byteCount: RTPHeaderWriter.bytesMax, alignment: 16)
    prefix = .allocate(byteCount: 16, alignment: 16)
    rtcp = .allocate(byteCount: Self.rtcpBytes, alignment: 16)
    zeros = .allocate(byteCount: 256, alignment: 16)
    zeros.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    header.deallocate()
    prefix.deallocate()
    rtcp.deallocate()
    zeros.deallocate()
  }

  func padding(_ count: UInt8) -> UnsafeRawBufferPointer {
    precondition(count > 0)
    zeros[255] = count
    return UnsafeRawBufferPointer(rebasing: zeros[(256 - Int(count))...])
  }
}
