/// Sends more than there is to send for a moment, to see whether the line carries it.
struct BandwidthProbe {
  static let durationNanoseconds: UInt64 = 150_000_000
  /// For the last packets' feedback.
  static let patienceNanoseconds: UInt64 = 1_000_000_000
  /// After a probe that found something; one that did not makes it twice as long.
  static let intervalNanoseconds: UInt64 = 1_000_000_000
  static let intervalMaxNanoseconds: UInt64 = 20_000_000_000

  private enum State {
    case idle
    case sending
    /// All is sent, feedback is on its way.
    case waiting
  }

  private var state = State.idle
  private var began: UInt64 = 0
  private var rate = 0
  private var bytesSent = 0
  private var notBefore: UInt64 = 0
  private var interval = Self.intervalNanoseconds

  // On the viewer's clock.
  private var firstArrival: Int64?
  private var lastArrival: Int64 = 0
  private var firstBytes = 0
  private var bytesArrived = 0

  var isRunning: Bool { state == .sending }

  mutating func begin(to rate: Int, at now: UInt64) {
    guard state == .idle, now >= notBefore else { return }
    state = .sending
    began = now
    self.rate = rate
    bytesSent = 0
    firstArrival = nil
    lastArrival = 0
    firstBytes = 0
    bytesArrived = 0
  }

  /// Media that is sent meanwhile is part of the probe.
  mutating func sent(bytes: Int) {
    if state == .sending { bytesSent += bytes }
  }

  /// What is missing to the rate that is tried.
  mutating func paddingDue(at now: UInt64) -> Int {
    guard state == .sending else { return 0 }
    let elapsed = now - min(now, began)
    guard elapsed < Self.durationNanoseconds else {
      state = .waiting
      return 0
    }
    let due = rate / 8 * Int(elapsed / 1_000) / 1_000_000
    return max(0, due - bytesSent)
  }

  mutating func arrived(bytes: Int, at time: Int64) {
    guard state != .idle else { return }
    if firstArrival == nil {
      firstArrival = time
      firstBytes = bytes
    }
    lastArrival = max(lastArrival, time)
    bytesArrived += bytes
  }

  /// What the probe has proven, once; nil while it runs, or when it proved nothing.
  mutating func takeResult(at now: UInt64) -> Int? {
    guard state == .waiting else { return nil }
    let isComplete = bytesArrived * 10 >= bytesSent * 9
    guard isComplete || now > began + Self.durationNanoseconds + Self.patienceNanoseconds else {
      return nil
    }
    guard isComplete, let firstArrival, lastArrival > firstArrival + 50_000_000 else {
      cancel(at: now)
      return nil
    }
    let span = Int((lastArrival - firstArrival) / 1_000)
    let measured = (bytesArrived - firstBytes) * 8_000 / span * 1_000
    let proven = min(measured, rate) * 95 / 100
    state = .idle
    interval = Self.intervalNanoseconds
    notBefore = now + interval
    return proven
  }

  /// The line showed that it does not carry more.
  mutating func cancel(at now: UInt64) {
    guard state != .idle else { return }
    state = .idle
    interval = min(2 * interval, Self.intervalMaxNanoseconds)
    notBefore = now + interval
  }
}
