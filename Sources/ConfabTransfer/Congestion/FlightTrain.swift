package import Primitives

/// Reads the line's rate off one flight of STARTUP, so that the next may be up to four times as
/// large, not twice, and yet fit into the pipe.
///
/// A flight leaves as one dense train. When its last packet takes no longer than its first, the line
/// carries at least the rate at which the train left, although the train was short: so a window of
/// that rate times the round trip cannot overfill the pipe. When it takes longer, the excess is the
/// queue that the train built, and bytes / (duration + excess) is the line's rate itself. The idea is
/// that of SUSS (Arghavani and others, "SUSS: Improving TCP Performance by Speeding Up Slow-Start",
/// SIGCOMM 2024) and of packet trains (Dovrolis and others, 2001).
package struct FlightTrain: Sendable {
  /// Shorter trains say little.
  static let datagramsMin = 16.0
  static let durationMin: Duration = .milliseconds(2)
  /// A train that arrives so much more slowly than it left has met its bottleneck.
  static let slowedShare = 0.8
  static let excessMin: Duration = .milliseconds(1)

  private var startedAt: MonotonicTime?
  private var nextStartedAt: MonotonicTime?
  /// The connection's delivered bytes before the flight's first acknowledgement. What was delivered
  /// counts, not what was sent: a queue that overflows would else look like a fast line.
  private var startDelivered: UInt64 = 0

  /// At least so many bytes per second went through; nil before the first train.
  package private(set) var rate: Double?
  /// The rate is the bottleneck's: the train arrived more slowly than it left.
  package private(set) var isBottleneck = false

  package init() {}

  /// The first packet of the next flight was acknowledged; the one after begins now.
  package mutating func roundBegan(delivered: UInt64, at now: MonotonicTime) {
    startedAt = nextStartedAt
    nextStartedAt = now
    startDelivered = delivered
  }

  package mutating func acknowledged(
    _ sample: RateSample, delivered: UInt64, roundTrip: Duration, minRTT: Duration,
    datagramBytes: Double
  ) {
    guard let sentAt = sample.sentAt, let firstSentAt = sample.firstSentAt else { return }
    // The first flight of all began when its first packet left.
    let start = startedAt ?? firstSentAt
    let bytes = Double(delivered - startDelivered)
    guard bytes >= Self.datagramsMin * datagramBytes else { return }
    let duration = sentAt.since(start)
    let excess = max(.zero, roundTrip - minRTT)
    let arrival = max(duration + excess, Self.durationMin)
    let reached = bytes * 1e9 / Double(arrival.nanoseconds)
    // Each is a lower bound, for trains have gaps; so the largest is the best.
    rate = max(rate ?? 0, reached)
    if excess >= Self.excessMin, duration < arrival * Self.slowedShare { isBottleneck = true }
  }
}
