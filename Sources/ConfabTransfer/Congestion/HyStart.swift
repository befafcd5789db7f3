import Primitives

/// HyStart++ (RFC 9406): leaves slow start when the round trip grows, before the queue overflows.
package struct HyStart: Sendable {
  /// RFC 9406, section 4.3.
  static let thresholdMin: Duration = .milliseconds(4)
  static let thresholdMax: Duration = .milliseconds(16)
  static let thresholdDivisor = 8
  static let samplesMin = 8
  static let conservativeGrowthDivisor = 4
  static let conservativeRoundsMax = 5

  package enum Phase: Sendable {
    /// The window doubles in each round.
    case slowStart
    /// The round trip grew; a few rounds of slower growth tell whether that was the queue.
    case conservative
    /// The queue is real.
    case done
  }

  package private(set) var phase: Phase = .slowStart
  private var lastRoundMinimum: Duration?
  private var roundMinimum: Duration?
  private var samples = 0
  private var baseline: Duration?
  private var conservativeRounds = 0

  package init() {}

  /// A round begins when the packet that was sent last when the former began is acknowledged.
  package mutating func roundBegan() {
    lastRoundMinimum = roundMinimum
    roundMinimum = nil
    samples = 0
    guard phase == .conservative else { return }
    conservativeRounds += 1
    if conservativeRounds >= Self.conservativeRoundsMax { phase = .done }
  }

  /// A queue was seen by other means: goes on slowly from here.
  mutating func queueSeen(_ roundTrip: Duration) {
    guard phase == .slowStart else { return }
    phase = .conservative
    baseline = roundTrip
    conservativeRounds = 0
  }

  package mutating func sample(_ roundTrip: Duration) {
    guard phase != .done else { return }
    let minimum = min(roundMinimum ?? roundTrip, roundTrip)
    roundMinimum = minimum
    samples += 1
    guard samples >= Self.samplesMin else { return }
    if let baseline, phase == .conservative {
      // Back below: the rise was a passing one.
      if minimum < baseline {
        phase = .slowStart
        self.baseline = nil
      }
    } else if let last = lastRoundMinimum {
      let threshold = min(max(last / Self.thresholdDivisor, Self.thresholdMin), Self.thresholdMax)
      if minimum >= last + threshold {
        phase = .conservative
        baseline = minimum
        conservativeRounds = 0
      }
    }
  }
}
