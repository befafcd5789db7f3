import ConfabTransfer
import Primitives

/// A plain TCP CUBIC sender to compete with (RFC 9438, without HyStart and without pacing, as most
/// machines have it): written apart from ours, so that one mistake does not hide another.
struct TCPCubic: SimulatedController {
  private static let datagram = Double(SimulatedFlow.datagramBytes)
  private var window = 10 * Self.datagram
  private var threshold = Double.infinity
  private var maximum = 0.0
  private var epoch: UInt64?
  private var inflection = 0.0
  private var friendly = 0.0
  private var recoveredAt: UInt64 = 0
  private var acknowledged = 0

  var windowBytes: Int { Int(window) }

  mutating func packetSent(
    bytes: Int, bytesInFlight: Int, at now: MonotonicTime
  ) -> SendSnapshot {
    SendSnapshot(sentAt: now)
  }

  mutating func beginAcknowledgement(at now: MonotonicTime) { acknowledged = 0 }
  mutating func packetAcknowledged(_ snapshot: SendSnapshot, bytes: Int) { acknowledged += bytes }
  mutating func packetLost(_ snapshot: SendSnapshot, bytes: Int) {}
  mutating func applicationLimited(bytesInFlight: Int) {}

  mutating func endAcknowledgement(
    bytesInFlight: Int, latestRTT: Duration?, smoothedRTT: Duration, minRTT: Duration,
    largestLostSentAt: MonotonicTime?, at now: MonotonicTime
  ) {
    let time = now.nanoseconds
    if let lostAt = largestLostSentAt, lostAt.nanoseconds > recoveredAt {
      recoveredAt = time
      maximum = window < maximum ? window * 0.85 : window
      window = max(2 * Self.datagram, window * 0.7)
      threshold = window
      epoch = nil
    }
    let bytes = Double(acknowledged)
    if window < threshold {
      window += bytes
      return
    }
    if epoch == nil {
      epoch = time
      let missing = max(0, maximum - window) / Self.datagram / 0.4
      inflection = root(missing)
      friendly = window
    }
    let seconds = Double(time - (epoch ?? time)) / 1e9
    let ahead = seconds + Double(smoothedRTT.nanoseconds) / 1e9 - inflection
    let target = max(maximum, window * 0) + 0.4 * ahead * ahead * ahead * Self.datagram
    friendly += 3 * 0.3 / 1.7 * bytes * Self.datagram / window
    if target > window { window += min(target - window, window / 2) * bytes / window }
    window = max(window, friendly)
  }

  mutating func allowance(bytesInFlight: Int, at now: MonotonicTime) -> Int {
    let room = Int(window) - bytesInFlight
    return room >= SimulatedFlow.datagramBytes ? room : 0
  }

  func nextAllowance(at now: MonotonicTime) -> MonotonicTime? { nil }

  private func root(_ value: Double) -> Double {
    guard value > 0 else { return 0 }
    var guess = max(1, value / 3)
    for _ in 0..<40 { guess -= (guess - value / (guess * guess)) / 3 }
    return guess
  }
}
