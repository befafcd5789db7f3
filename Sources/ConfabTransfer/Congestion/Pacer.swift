package import Primitives

/// A token bucket that spreads packets over time, so that a window does not leave as one burst.
///
/// It fills in user space at the pacing rate. Trains leave whole, because a train costs one system
/// call whatever its length; the bucket is deeper than a train, so that a thread that wakes up late
/// does not lose what it could have sent meanwhile.
package struct Pacer: Sendable {
  /// A train is what the rate sends in this time (Linux, `tcp_tso_autosize`: about 1 ms).
  package static let quantumTime: Duration = .milliseconds(1)
  /// GSO takes at most 64 KiB for one call (Linux, `UDP_SEGMENT`).
  package static let quantumBytesMax = 65_536
  /// A train has at least so many datagrams (draft-ietf-ccwg-bbr-04, section 5.6.3).
  package static let quantumDatagramsMin = 2
  /// How late a sleeping thread may wake up without losing its turn: a scheduler's tick.
  package static let latenessMax: Duration = .milliseconds(4)

  private var tokens: Double
  private var filledAt: MonotonicTime

  package init(datagramBytes: Int, at now: MonotonicTime) {
    tokens = Double(datagramBytes * Self.quantumDatagramsMin)
    filledAt = now
  }

  /// Bytes of one train at that rate.
  package static func quantumBytes(rate: Int, datagramBytes: Int) -> Int {
    let inTime = Int(Double(rate) * Double(quantumTime.nanoseconds) / 1e9)
    let least = quantumDatagramsMin * datagramBytes
    return max(least, min(inTime, max(quantumBytesMax, least)))
  }

  /// What the bucket holds at `now`.
  private func level(rate: Int, quantum: Int, at now: MonotonicTime) -> Double {
    let elapsed = Double(now.since(filledAt).nanoseconds) / 1e9
    let depth = Double(quantum) + Double(rate) * Double(Self.latenessMax.nanoseconds) / 1e9
    return min(tokens + Double(rate) * elapsed, depth)
  }

  /// Fills the bucket; the rate that held since the last call is `rate`.
  package mutating func fill(rate: Int, quantum: Int, at now: MonotonicTime) {
    tokens = level(rate: rate, quantum: quantum, at: now)
    if filledAt < now { filledAt = now }
  }

  /// True when a train may leave; `fill` was called just before.
  package func allows(_ bytes: Int) -> Bool { tokens >= Double(bytes) }

  /// Below zero after probes, which leave whatever the bucket holds.
  package mutating func take(_ bytes: Int) { tokens -= Double(bytes) }

  /// When the bucket holds that many bytes.
  package func time(of bytes: Int, rate: Int, quantum: Int, at now: MonotonicTime) -> MonotonicTime
  {
    let missing = Double(bytes) - level(rate: rate, quantum: quantum, at: now)
    guard missing > 0 else { return now }
    // One nanosecond more than exact, so that rounding never asks for a second look.
    return now + .nanoseconds(Int64(missing * 1e9 / Double(max(1, rate))) + 1)
  }
}
