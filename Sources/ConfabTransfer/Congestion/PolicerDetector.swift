/// Finds a policer: a meter that drops what exceeds a rate and keeps no queue (Linux, `tcp_bbr.c`,
/// "long-term bandwidth sampling"; Flach and others, "An Internet-Wide Analysis of Traffic Policing",
/// 2016).
///
/// It shows as two long intervals with heavy loss and the same delivery rate. That rate then holds
/// for a while without probing, since probing only burns tokens and packets.
package struct PolicerDetector: Sendable {
  /// `bbr_lt_intvl_min_rtts`, and four times it as the longest.
  static let intervalRoundsMin = 4
  static let intervalRoundsMax = 16
  /// `bbr_lt_loss_thresh`: 50/256.
  static let lossMin = 0.195
  /// `bbr_lt_bw_ratio`.
  static let similarity = 1.0 / 8
  /// `bbr_lt_bw_diff`: 4 kbit/s.
  static let similarBytesPerSecond = 500.0
  /// `bbr_lt_bw_max_rtts`.
  static let holdRounds = 48

  /// The policer's rate in bytes per second while it holds.
  package private(set) var rate: Double?
  private var last: Double?
  private var isSampling = false
  private var rounds = 0
  private var began: UInt64 = 0
  private var delivered: UInt64 = 0
  private var lost: UInt64 = 0

  package init() {}

  /// For every acknowledgement; totals are the connection's, time is in nanoseconds.
  package mutating func update(
    delivered: UInt64, lost: UInt64, isRoundStart: Bool, hasNewLoss: Bool,
    isApplicationLimited: Bool, nanoseconds: UInt64
  ) {
    if rate != nil {
      if isRoundStart {
        rounds += 1
        if rounds >= Self.holdRounds { self = PolicerDetector() }
      }
      return
    }
    // An interval must begin with a loss, that is with an empty bucket.
    guard isSampling else {
      guard hasNewLoss else { return }
      isSampling = true
      begin(delivered: delivered, lost: lost, nanoseconds: nanoseconds)
      return
    }
    if isApplicationLimited {
      self = PolicerDetector()
      return
    }
    if isRoundStart { rounds += 1 }
    if rounds < Self.intervalRoundsMin { return }
    if rounds > Self.intervalRoundsMax {
      self = PolicerDetector()
      return
    }
    guard hasNewLoss else { return }
    let newlyDelivered = Double(delivered - self.delivered)
    let newlyLost = Double(lost > self.lost ? lost - self.lost : 0)
    guard newlyDelivered > 0, newlyLost >= Self.lossMin * (newlyDelivered + newlyLost),
      nanoseconds > began
    else { return }
    finish(rate: newlyDelivered * 1e9 / Double(nanoseconds - began))
    if rate == nil { begin(delivered: delivered, lost: lost, nanoseconds: nanoseconds) }
  }

  private mutating func finish(rate: Double) {
    if let last {
      let difference = abs(rate - last)
      if difference <= Self.similarity * last || difference <= Self.similarBytesPerSecond {
        self.rate = (rate + last) / 2
        rounds = 0
        return
      }
    }
    last = rate
  }

  private mutating func begin(delivered: UInt64, lost: UInt64, nanoseconds: UInt64) {
    rounds = 0
    began = nanoseconds
    self.delivered = delivered
    self.lost = lost
  }
}
