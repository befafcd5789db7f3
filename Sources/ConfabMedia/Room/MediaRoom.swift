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
package struct MediaRoom: ~Copyable {
  package let limits: MediaRoomLimits
  var events: [RoomEvent] = []

  /// - Parameter seed: of the SSRCs and first sequence numbers; random, so that no two rooms are alike.
  package init(limits: MediaRoomLimits = MediaRoomLimits(), seed: UInt64) {
    self.limits = limits
  }

  // MARK: People

  package mutating func join(at now: UInt64) throws(MediaRoomError) -> ParticipantIndex {
    throw .roomFull
  }

  /// Both transports of the participant are gone, or are to be closed by the driver.
  package mutating func leave(
    _ participant: ParticipantIndex, slab: inout PacketSlab, at now: UInt64
  ) {}

  // MARK: Negotiation

  /// The client's first or next offer for its publishing transport. A track that the new offer does
  /// not have is removed.
  ///
  /// - Parameter sources: by mid; a video track without one is a camera.
  package mutating func publish(
    _ participant: ParticipantIndex, offer: String, local: LocalTransport,
    sources: [(mid: String, source: TrackSource)] = [], slab: inout PacketSlab, at now: UInt64
  ) throws(NegotiationError) -> PublishAnswer {
    throw .malformed("")
  }

  /// The offer for the subscribing transport: all slots, used or not. To be made again only for an ICE
  /// restart.
  package mutating func subscribeOffer(
    _ participant: ParticipantIndex, local: LocalTransport
  ) -> String { "" }

  package mutating func subscribeAnswer(
    _ participant: ParticipantIndex, answer: String, at now: UInt64
  ) throws(NegotiationError) -> RemoteTransport {
    throw .malformed("")
  }

  // MARK: Wishes

  /// All that the participant wants to see from now on, the most wanted first.
  package mutating func wish(
    _ participant: ParticipantIndex, videos: [VideoWish], at now: UInt64
  ) {}

  /// While muted, nothing of the track is forwarded.
  package mutating func setMuted(_ track: TrackID, _ isMuted: Bool, at now: UInt64) {}

  // MARK: Inputs

  /// The DTLS handshake is done: from now on, what is sent arrives.
  package mutating func transportIsUp(
    _ participant: ParticipantIndex, role: TransportRole, at now: UInt64
  ) {}

  /// An RTP packet that was authenticated and decrypted into `slot`, which the room takes over.
  package mutating func receiveRTP<Sink: MediaSink & ~Copyable>(
    _ slot: PacketSlot, bytes: Int, from participant: ParticipantIndex, slab: inout PacketSlab,
    sink: inout Sink, at arrival: UInt64
  ) {
    slab.giveBack(slot)
  }

  /// An RTCP datagram, authenticated and decrypted.
  package mutating func receiveRTCP<Sink: MediaSink & ~Copyable>(
    _ datagram: UnsafeRawBufferPointer, from participant: ParticipantIndex, role: TransportRole,
    slab: borrowing PacketSlab, sink: inout Sink, at arrival: UInt64
  ) {}

  /// When `handleTimeout` is due; nil in an empty room.
  package var nextDeadline: UInt64? { nil }

  package mutating func handleTimeout<Sink: MediaSink & ~Copyable>(
    slab: inout PacketSlab, sink: inout Sink, at now: UInt64
  ) {}

  // MARK: Outputs

  package mutating func nextEvent() -> RoomEvent? {
    events.isEmpty ? nil : events.removeFirst()
  }
}
