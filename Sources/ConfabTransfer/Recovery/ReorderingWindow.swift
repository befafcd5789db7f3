/// How much later than its round trip a packet may be acknowledged before it counts as lost
/// (RFC 8985 §6.2), learned from the packets that were declared lost and had only been overtaken.
package struct ReorderingWindow: Sendable {
  /// Until the first mistake, three packets acknowledged behind one show it lost (RFC 9002 §6.1.1);
  /// after that only time does, or a path that reorders would look lossy.
  package static let packetThreshold: UInt64 = 3
  /// RFC 8985 §6.2 step 4: so many recoveries without a mistake, and the window is small again.
  static let recoveriesUntilForgotten = 16

  /// 1.25 × the greatest displacement seen lately.
  private var learned: UInt64 = 0
  private var recoveries = 0
  package private(set) var usesPacketThreshold = true

  package init() {}

  package func duration(_ roundTrip: RoundTrip) -> UInt64 {
    min(max(roundTrip.minimum / 4, learned), max(roundTrip.smoothed, roundTrip.minimum / 4))
  }

  /// A packet declared lost was acknowledged, so much later than a round trip after it left.
  package mutating func mistaken(displacement: UInt64) {
    usesPacketThreshold = false
    learned = max(learned, displacement + displacement / 4)
    recoveries = 0
  }

  /// Packets were declared lost.
  package mutating func recoveryBegan() {
    guard learned > 0 else { return }
    recoveries += 1
    if recoveries >= Self.recoveriesUntilForgotten {
      learned = 0
      recoveries = 0
    }
  }
}
