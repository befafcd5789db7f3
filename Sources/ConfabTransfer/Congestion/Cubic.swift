import Primitives

/// CUBIC (RFC 9438) with HyStart++ (RFC 9406), in bytes: what TCP does nearly everywhere, for those
/// who want no more than their neighbours' share, and as a fallback.
struct Cubic: Sendable {
  /// RFC 9438, sections 4.6 and 5.
  static let beta = 0.7
  /// Datagrams per second cubed (RFC 9438, section 5).
  static let aggressiveness = 0.4
  /// RFC 6928: no more than ten datagrams before the first acknowledgement.
  static let initialWindowDatagrams = 10
  /// RFC 9002, section 7.2.
  static let minimumWindowDatagrams = 2
  /// Linux, `tcp_pacing_ss_ratio` and `tcp_pacing_ca_ratio`, with 1.25 as in RFC 9002, section 7.7.
  static let slowStartPacingGain = 2.0
  static let avoidancePacingGain = 1.25

  /// What a congestion event overwrote, until it is known that no loss was behind it.
  private struct Undo {
    var window: Double
    var threshold: Double
    var windowMax: Double
    var reno: Double
    var epoch: MonotonicTime?
  }

  private var datagramBytes: Double
  private(set) var window: Double
  private var threshold = Double.infinity
  private var windowMax = 0.0
  /// What Reno would have by now (RFC 9438, section 4.3).
  private var reno = 0.0
  private var epoch: MonotonicTime?
  /// Seconds until the curve is back at `windowMax`.
  private var inflection = 0.0
  private var epochOrigin = 0.0
  private var recoveryStartedAt: MonotonicTime?
  private var lostInEvent = 0
  private var undo: Undo?
  private var hyStart = HyStart()
  private var roundEnd: UInt64 = 0

  init(datagramBytes: Int) {
    self.datagramBytes = Double(datagramBytes)
    window = Double(Self.initialWindowDatagrams * datagramBytes)
  }

  var isInSlowStart: Bool { window < threshold }

  mutating func datagramBytesChanged(_ bytes: Int) {
    datagramBytes = Double(bytes)
    window = max(window, minimumWindow)
  }

  private var minimumWindow: Double { Double(Self.minimumWindowDatagrams) * datagramBytes }

  /// Bytes per second.
  func pacingRate(smoothedRTT: Duration) -> Double {
    let gain = isInSlowStart ? Self.slowStartPacingGain : Self.avoidancePacingGain
    return gain * window * 1e9 / Double(max(1, smoothedRTT.nanoseconds))
  }

  mutating func acknowledged(
    _ sample: RateSample, delivered: UInt64, latestRTT: Duration?, smoothedRTT: Duration,
    at now: MonotonicTime
  ) {
    guard let prior = sample.priorDelivered else { return }
    if prior >= roundEnd {
      roundEnd = delivered
      if isInSlowStart { hyStart.roundBegan() }
    }
    if isInSlowStart, let latestRTT {
      hyStart.sample(latestRTT)
      if hyStart.phase == .done { threshold = window }
    }
    // A window that was not used proves nothing (RFC 9438, section 5.8).
    guard !sample.isApplicationLimited else { return }
    let bytes = Double(sample.newlyAcknowledged)
    if isInSlowStart {
      let slow = hyStart.phase == .conservative
      window += slow ? bytes / Double(HyStart.conservativeGrowthDivisor) : bytes
    } else {
      grow(by: bytes, smoothedRTT: smoothedRTT, at: now)
    }
  }

  /// Congestion avoidance (RFC 9438, sections 4.2 to 4.5).
  private mutating func grow(by bytes: Double, smoothedRTT: Duration, at now: MonotonicTime) {
    if epoch == nil {
      epoch = now
      epochOrigin = max(windowMax, window)
      let missing = (epochOrigin - window) / datagramBytes
      inflection = cubeRoot(missing / Self.aggressiveness)
      reno = window
    }
    let alpha = reno < windowMax ? 3 * (1 - Self.beta) / (1 + Self.beta) : 1
    reno += alpha * bytes * datagramBytes / window
    let elapsed = Double(now.since(epoch ?? now).nanoseconds + smoothedRTT.nanoseconds) / 1e9
    let distance = elapsed - inflection
    let curve =
      epochOrigin + Self.aggressiveness * distance * distance * distance * datagramBytes
    let target = min(max(curve, window), 1.5 * window)
    window = max(window + (target - window) * bytes / window, reno)
  }

  /// At most one reduction for a round trip: losses of packets from before it belong to it.
  mutating func lost(_ bytes: UInt64, largestSentAt: MonotonicTime, at now: MonotonicTime) {
    if let began = recoveryStartedAt, largestSentAt <= began {
      lostInEvent += Int(bytes)
      return
    }
    undo = Undo(
      window: window, threshold: threshold, windowMax: windowMax, reno: reno, epoch: epoch)
    lostInEvent = Int(bytes)
    recoveryStartedAt = now
    epoch = nil
    // Fast convergence: leave room for whoever came new (RFC 9438, section 4.7).
    windowMax = window < windowMax ? window * (1 + Self.beta) / 2 : window
    window = max(window * Self.beta, minimumWindow)
    threshold = window
  }

  /// Takes the last reduction back when all that was behind it has arrived after all.
  mutating func spuriousLoss(_ bytes: Int, sentAt: MonotonicTime) {
    guard let undo, let began = recoveryStartedAt, sentAt <= began else { return }
    lostInEvent -= bytes
    guard lostInEvent <= 0 else { return }
    window = max(window, undo.window)
    threshold = undo.threshold
    windowMax = undo.windowMax
    reno = undo.reno
    epoch = undo.epoch
    self.undo = nil
  }

  /// RFC 9002, section 7.6.2.
  mutating func persistentCongestion() {
    window = minimumWindow
    recoveryStartedAt = nil
    undo = nil
    epoch = nil
  }

  /// By Newton's method: cores have no mathematics library.
  private func cubeRoot(_ value: Double) -> Double {
    guard value > 0 else { return 0 }
    var root = max(1, value / 3)
    for _ in 0..<40 { root -= (root - value / (root * root)) / 3 }
    return root
  }
}
