package import Primitives

/// What a packet remembers of the moment it left, so that its acknowledgement or its loss tells how
/// the path did meanwhile (draft-cheng-iccrg-delivery-rate-estimation-02, section 3.1.2, and
/// draft-ietf-ccwg-bbr-04, section 4.1.2.1.2). Trivial and at most 48 bytes: it lives in the ring of
/// sent packets.
package struct SendSnapshot: Sendable {
  /// When the packet really left, never when it was due: early stamps would shorten the interval.
  package var sentAt: MonotonicTime
  /// When the packet that was acknowledged last at that moment had been sent: the sample's start.
  package var firstSentAt: MonotonicTime
  /// When `delivered` had last changed.
  package var deliveredAt: MonotonicTime
  /// Bytes of the connection acknowledged until then.
  package var delivered: UInt64
  /// Bytes of the connection declared lost until then.
  package var lost: UInt64
  /// Bytes in flight, this packet included; enough for 4 GiB.
  package var bytesInFlight: UInt32
  /// The sender had nothing more to send, so the sample may only raise the estimate.
  package var isApplicationLimited: Bool
  /// Whether more or less was sent than the path delivers.
  package var pace: PathLoss.Pace = .level
}

extension SendSnapshot {
  /// A snapshot that knows no more than the time: what rings are filled with.
  package init(sentAt now: MonotonicTime) {
    self.init(
      sentAt: now, firstSentAt: now, deliveredAt: now, delivered: 0, lost: 0, bytesInFlight: 0,
      isApplicationLimited: false)
  }
}

/// How fast the path delivered between a packet's departure and its acknowledgement.
package struct RateSample: Sendable {
  /// Bytes per second; nil when the interval is too short to trust.
  package var rate: Double?
  /// Bytes acknowledged in the interval.
  package var delivered: UInt64 = 0
  /// Bytes declared lost in the interval.
  package var lost: UInt64 = 0
  /// The connection's delivered bytes when the newest acknowledged packet left; nil when this
  /// acknowledgement acknowledged nothing new.
  package var priorDelivered: UInt64?
  /// Bytes in flight when that packet left.
  package var bytesInFlightAtSend: UInt64 = 0
  package var isApplicationLimited = false
  /// Of the newest acknowledged packet: when it left, and when its interval began.
  package var sentAt: MonotonicTime?
  package var firstSentAt: MonotonicTime?
  /// Bytes that this one acknowledgement acknowledged and declared lost.
  package var newlyAcknowledged: UInt64 = 0
  package var newlyLost: UInt64 = 0
}

/// Delivery-rate estimation (draft-cheng-iccrg-delivery-rate-estimation-02): the rate of a sample is
/// what was delivered over the longer of the intervals in which it was sent and acknowledged, so that
/// neither compressed acknowledgements nor bursts of our own inflate it.
package struct DeliveryRateEstimator: Sendable {
  package private(set) var delivered: UInt64 = 0
  package private(set) var lost: UInt64 = 0
  private var deliveredAt: MonotonicTime
  private var firstSentAt: MonotonicTime
  /// Samples of packets that leave before this many bytes are delivered are application-limited; 0
  /// when there is always something to send.
  private var applicationLimitedUntil: UInt64 = 0

  private var newest: SendSnapshot?
  private var newlyAcknowledged: UInt64 = 0
  private var newlyLost: UInt64 = 0

  package init(at now: MonotonicTime) {
    deliveredAt = now
    firstSentAt = now
  }

  package var isApplicationLimited: Bool { applicationLimitedUntil != 0 }

  package mutating func packetSent(
    bytes: Int, bytesInFlight: Int, at now: MonotonicTime
  ) -> SendSnapshot {
    if bytesInFlight == 0 {
      // A new flight: time spent idle must not count as time that delivery took.
      firstSentAt = now
      deliveredAt = now
    }
    return SendSnapshot(
      sentAt: now, firstSentAt: firstSentAt, deliveredAt: deliveredAt, delivered: delivered,
      lost: lost, bytesInFlight: UInt32(clamping: bytesInFlight + bytes),
      isApplicationLimited: isApplicationLimited)
  }

  package mutating func beginAcknowledgement() {
    newest = nil
    newlyAcknowledged = 0
    newlyLost = 0
  }

  package mutating func packetAcknowledged(
    _ snapshot: SendSnapshot, bytes: Int, at now: MonotonicTime
  ) {
    delivered &+= UInt64(bytes)
    newlyAcknowledged &+= UInt64(bytes)
    deliveredAt = now
    // The packet that left last tells most: it spans the shortest, latest interval.
    if let newest,
      snapshot.delivered < newest.delivered
        || (snapshot.delivered == newest.delivered && snapshot.sentAt <= newest.sentAt)
    {
      return
    }
    newest = snapshot
    firstSentAt = snapshot.sentAt
  }

  package mutating func packetLost(bytes: Int) {
    lost &+= UInt64(bytes)
    newlyLost &+= UInt64(bytes)
  }

  /// Takes a loss back that was none.
  package mutating func spuriousLoss(bytes: Int) {
    lost &-= min(lost, UInt64(bytes))
  }

  package mutating func applicationLimited(bytesInFlight: Int) {
    applicationLimitedUntil = max(1, delivered &+ UInt64(max(0, bytesInFlight)))
  }

  package mutating func endAcknowledgement(
    minRTT: Duration, at now: MonotonicTime
  ) -> RateSample {
    if applicationLimitedUntil != 0 && delivered > applicationLimitedUntil {
      applicationLimitedUntil = 0
    }
    var sample = RateSample(newlyAcknowledged: newlyAcknowledged, newlyLost: newlyLost)
    guard let newest else { return sample }
    sample.priorDelivered = newest.delivered
    sample.delivered = delivered &- newest.delivered
    // Losses taken back may bring the count below what it was.
    sample.lost = lost > newest.lost ? lost - newest.lost : 0
    sample.bytesInFlightAtSend = UInt64(newest.bytesInFlight)
    sample.isApplicationLimited = newest.isApplicationLimited
    sample.sentAt = newest.sentAt
    sample.firstSentAt = newest.firstSentAt
    let sendElapsed = newest.sentAt.since(newest.firstSentAt)
    let acknowledgeElapsed = now.since(newest.deliveredAt)
    let interval = max(sendElapsed, acknowledgeElapsed)
    // Shorter than a round trip it cannot be: such a sample would be far too high (section 3.3).
    if interval > .zero && interval >= minRTT {
      sample.rate = Double(sample.delivered) * 1e9 / Double(interval.nanoseconds)
    }
    return sample
  }
}
