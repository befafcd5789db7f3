import Primitives

/// How much content may be on its way: what is written, and a window beyond it.
///
/// The window grows as receive windows do that tune themselves ("Dynamic Right-Sizing", Fisk and
/// Feng, 2001): if half of it was used up within two round trips, it may be what holds the sender
/// back, and it doubles.
struct CreditWindow: Sendable {
  private(set) var windowBytes: UInt64
  private let windowBytesMax: UInt64
  /// Content that came, wanted or not.
  private var came: UInt64 = 0
  private var granted: UInt64 = 0
  private var measuredFrom: (came: UInt64, time: MonotonicTime)?
  var roundTrip: Duration?

  init(start: UInt64, max: UInt64) {
    windowBytes = Swift.min(start, max)
    windowBytesMax = max
  }

  mutating func add(_ byteCount: UInt64) { came += byteCount }

  /// The new total, when it has grown enough to be worth telling.
  ///
  /// - Parameter held: of what came, so much waits to be written.
  mutating func grant(at now: MonotonicTime, held: UInt64 = 0) -> UInt64? {
    measure(at: now)
    let total = came - min(held, came) + windowBytes
    guard total > granted, granted == 0 || total - granted >= windowBytes / 4 else { return nil }
    granted = total
    return total
  }

  private mutating func measure(at now: MonotonicTime) {
    guard let from = measuredFrom else {
      measuredFrom = (came, now)
      return
    }
    guard came - from.came >= windowBytes / 2 else { return }
    // Without a round trip to compare with, assume that the window is what is short.
    let isFast = roundTrip.map { now.since(from.time) <= $0 * 2 } ?? true
    if isFast { windowBytes = min(windowBytes * 2, windowBytesMax) }
    measuredFrom = (came, now)
  }
}
