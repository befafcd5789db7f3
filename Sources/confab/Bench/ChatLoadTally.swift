import Histogram

/// What one event loop of the load saw. Owned by that loop and read when the load is over.
final class ChatLoadTally {
  var ready = 0
  var sent = 0
  var acknowledged = 0
  var refused = 0
  /// What the first of them said.
  var refusal: String?
  var deliveries = 0
  var lost: String?
  /// Nanoseconds from before sending to after receiving.
  var latency = Histogram<UInt32>(numberOfSignificantValueDigits: .three)
  var acknowledgement = Histogram<UInt32>(numberOfSignificantValueDigits: .three)

  /// Microseconds: wide enough for an hour and narrow enough for a cache.
  static let nanosecondsPerUnit: UInt64 = 1_000

  func delivered(sentAt: UInt64, now: UInt64) {
    latency.record((now &- sentAt) / Self.nanosecondsPerUnit)
  }

  func acknowledged(sentAt: UInt64, now: UInt64) {
    acknowledged += 1
    acknowledgement.record((now &- sentAt) / Self.nanosecondsPerUnit)
  }
}

extension Histogram {
  func milliseconds(atPercentile percentile: Double) -> Double {
    Double(valueAtPercentile(percentile)) / 1_000
  }
}
