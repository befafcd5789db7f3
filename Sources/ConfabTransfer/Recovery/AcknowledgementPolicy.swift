/// When an acknowledgement is due: after each batch that tells the sender something new, and
/// otherwise as seldom as the sender can bear (draft-ietf-quic-ack-frequency).
package struct AcknowledgementPolicy: Sendable {
  static let packetsMin = 2
  static let packetsMax = 64
  /// Acknowledgements in a round trip: enough for the sender's estimates.
  static let perRoundTrip: UInt64 = 8

  /// Packets that ask for an acknowledgement and had none yet.
  package private(set) var unacknowledged = 0
  package private(set) var deadline: UInt64?
  /// Due with the end of this batch.
  private var isUrgent = false
  package private(set) var isDue = false

  // How many packets came in the last round trip, which tells how many may share an acknowledgement.
  private var roundBegan: UInt64 = 0
  private var packetsInRound = 0
  private var threshold = Self.packetsMin

  package init() {}

  /// - Parameter isUrgent: a gap, a mark of congestion, or a packet that asks at once.
  package mutating func received(isUrgent: Bool, roundTrip: UInt64, at now: UInt64) {
    unacknowledged += 1
    packetsInRound += 1
    self.isUrgent = self.isUrgent || isUrgent
    if now - min(now, roundBegan) >= roundTrip {
      let share = packetsInRound / Int(Self.perRoundTrip)
      threshold = max(Self.packetsMin, min(Self.packetsMax, share))
      roundBegan = now
      packetsInRound = 0
    }
    if deadline == nil {
      deadline =
        now + min(roundTrip / Self.perRoundTrip, RoundTrip.acknowledgementDelayMax)
    }
  }

  package mutating func endBatch(at now: UInt64) {
    guard unacknowledged > 0 else { return }
    if isUrgent || unacknowledged >= threshold { isDue = true }
    timeout(at: now)
  }

  package mutating func timeout(at now: UInt64) {
    if let deadline, deadline <= now { isDue = true }
  }

  /// An acknowledgement of everything so far leaves.
  package mutating func sent() {
    unacknowledged = 0
    deadline = nil
    isUrgent = false
    isDue = false
  }
}
