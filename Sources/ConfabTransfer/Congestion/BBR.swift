import Primitives

/// BBRv3 (draft-ietf-ccwg-bbr-04): a model of the path, its bandwidth and its least round trip, says
/// how fast to send and how much to have in flight; probing from time to time keeps the model fresh,
/// and loss bounds it.
///
/// Departures, each where it is made: STARTUP grows more slowly once the round trip rises; chance
/// losses of the path are told from congestion (`PathLoss`, only with `lossTolerance`); policers are
/// recognised; a remembered rate starts higher.
///
/// Rates are bytes per second, volumes bytes, and infinity is "no bound".
package struct BBR: Sendable {
  package enum Mode: Sendable {
    /// Doubles until delivery stops growing.
    case startup
    /// Sends less until the queue that STARTUP built is gone.
    case drain
    /// Sends slightly less than is delivered: gives room to others.
    case probeDown
    /// Sends what is delivered, for two or three seconds.
    case probeCruise
    /// Fills the pipe for one round without its bounds, so that probing starts from a full pipe.
    case probeRefill
    /// Sends more, to see whether there is more.
    case probeUp
    /// Sends little for 200 ms, so that the queue empties and the least round trip shows.
    case probeRTT
  }

  /// What the acknowledgements that arrive now are about (draft, section 5.3.3.6).
  enum Feedback: Sendable {
    case probeStarting
    case probeFeedback
    case probeStopping
    case refilling
  }

  /// One acknowledgement, with what the connection knows besides.
  struct Acknowledgement {
    var sample: RateSample
    /// The connection's delivered and lost bytes.
    var delivered: UInt64
    var lost: UInt64
    var bytesInFlight: Double
    var latestRTT: Duration?
    var smoothedRTT: Duration
    var now: MonotonicTime
  }

  /// What loss overwrote, until it is known that nothing was lost (draft, section 5.5.11).
  struct Undo: Sendable {
    var rateLow = Double.infinity
    var inflightLow = Double.infinity
    var inflightHigh = Double.infinity
    var leftStartup = false
  }

  let lossTolerance: Bool
  var datagramBytes: Double
  var random: SeededRandom

  package internal(set) var mode: Mode = .startup
  var pacingGain = Constant.startupPacingGain
  var windowGain = Constant.windowGain
  package internal(set) var window: Double
  package internal(set) var pacingRate: Double
  var priorWindow = 0.0
  /// The window, not the pacer, kept us from sending in this round.
  var isWindowLimited = false

  // Rounds: a round ends when a packet sent after its beginning is acknowledged.
  var roundEnd: UInt64 = 0
  var roundCount = 0
  var isRoundStart = false

  // Bandwidth, and what bounds it.
  var rateFilter = WindowedMaximum()
  package var maxRate: Double { rateFilter.value }
  /// The rate that the model allows now.
  package internal(set) var rate = 0.0
  package internal(set) var rateLow = Double.infinity
  package internal(set) var inflightLow = Double.infinity
  package internal(set) var inflightHigh = Double.infinity
  var rateLatest = 0.0
  var inflightLatest = 0.0
  var lossRoundEnd: UInt64 = 0
  var isLossRoundStart = false
  var hasLossInRound = false
  var undo: Undo?

  // What one round has seen.
  var round = RoundCount()
  var lastRound = RoundCount()
  var wasQueueEvident = false
  var lossEventsInRound = 0
  package internal(set) var pathLoss = PathLoss()
  package internal(set) var standingLoss = StandingLoss()
  var policer = PolicerDetector()

  // Round trips.
  package internal(set) var minRTT: Duration?
  var minRTTAt: MonotonicTime
  var recentMinRTT: Duration?
  var recentMinRTTAt: MonotonicTime
  var isRecentMinRTTExpired = false
  var probeRTTDoneAt: MonotonicTime?
  var isProbeRTTRoundDone = false
  var isIdleRestart = false

  // Aggregation: bursts of acknowledgements beyond what the rate explains.
  var extraFilter = WindowedMaximum()
  var extraRounds = 0
  var extraStartedAt: MonotonicTime
  var extraDelivered = 0.0
  var extraAcknowledged = 0.0

  // Startup.
  package internal(set) var isPipeFull = false
  var isFullNow = false
  var fullRate = 0.0
  var fullRounds = 0
  var fullnessCheckedAt: MonotonicTime
  var hyStart = HyStart()
  var train = FlightTrain()
  /// When a train of STARTUP was seen to have overflowed the queue.
  var overflowedAt: MonotonicTime?
  var remembered: Double?
  var drainStartRound = 0

  // Probing for bandwidth.
  var cycleStartedAt: MonotonicTime
  var downStartRound = 0
  var probeWait: Duration = .zero
  var roundsSinceProbe = 0.0
  var feedback = Feedback.probeStarting
  /// Samples now show what probing did, so loss in them bounds `inflightHigh`.
  var isProbing = false
  var probeUpRounds = 0
  var probeUpGrowth = 0.0

  init(
    datagramBytes: Int, startRate: Int?, lossTolerance: Bool, at now: MonotonicTime
  ) {
    self.lossTolerance = lossTolerance
    self.datagramBytes = Double(datagramBytes)
    random = SeededRandom(seed: now.nanoseconds)
    window = Constant.initialWindowDatagrams * Double(datagramBytes)
    pacingRate = window * 1e9 / Double(Constant.initialSpread.nanoseconds)
    fullnessCheckedAt = now
    minRTTAt = now
    recentMinRTTAt = now
    extraStartedAt = now
    cycleStartedAt = now
    if let startRate { startCarefully(atHalfOf: Double(startRate)) }
  }

  var minimumWindow: Double { Constant.minimumWindowDatagrams * datagramBytes }
  var initialWindow: Double { Constant.initialWindowDatagrams * datagramBytes }

  var isProbingBandwidth: Bool {
    switch mode {
    case .probeDown, .probeCruise, .probeRefill, .probeUp: true
    case .startup, .drain, .probeRTT: false
    }
  }

  // MARK: One acknowledgement

  mutating func acknowledged(_ ack: Acknowledgement) {
    updateRound(ack)
    updateDeliverySignals(ack)
    updateMaxRate(ack.sample)
    if isLossRoundStart {
      adaptLowerBounds()
      hasLossInRound = false
    }
    updateAggregation(ack)
    checkStartup(ack)
    checkDrain(ack)
    updateProbingCycle(ack)
    updateMinRTT(ack)
    checkProbeRTT(ack)
    advanceDeliverySignals(ack.sample)
    rate = min(maxRate, rateLow)
    policer.update(
      delivered: ack.delivered, lost: ack.lost, isRoundStart: isRoundStart,
      hasNewLoss: ack.sample.newlyLost > 0,
      isApplicationLimited: ack.sample.isApplicationLimited, nanoseconds: ack.now.nanoseconds)
    setPacingRate()
    setWindow(ack)
  }

  private mutating func updateRound(_ ack: Acknowledgement) {
    isRoundStart = false
    if let roundTrip = ack.latestRTT { round.note(roundTrip) }
    if ack.sample.newlyLost > 0 { lossEventsInRound += 1 }
    guard let prior = ack.sample.priorDelivered, prior >= roundEnd else { return }
    startRound(ack.delivered)
    roundCount += 1
    roundsSinceProbe += 1
    isRoundStart = true
    roundEnded(at: ack.now)
  }

  mutating func startRound(_ delivered: UInt64) {
    roundEnd = delivered
    isWindowLimited = false
  }

  private mutating func updateMaxRate(_ sample: RateSample) {
    // A sample that the application limited may only raise the estimate.
    guard let rate = sample.rate, rate >= maxRate || !sample.isApplicationLimited else { return }
    rateFilter.insert(rate)
  }

  /// Draft, section 5.5.9.
  private mutating func updateAggregation(_ ack: Acknowledgement) {
    let elapsed = Double(ack.now.since(extraStartedAt).nanoseconds) / 1e9
    var expected = rate * elapsed
    if extraDelivered <= expected {
      extraDelivered = 0
      extraStartedAt = ack.now
      expected = 0
    }
    extraDelivered += Double(ack.sample.newlyAcknowledged)
    let extra = min(max(0, extraDelivered - expected), window)
    guard isPipeFull else {
      extraAcknowledged = extra
      return
    }
    if isRoundStart {
      extraRounds += 1
      if extraRounds >= Constant.extraAcknowledgedRounds / 2 {
        extraRounds = 0
        extraFilter.advance()
      }
    }
    extraFilter.insert(extra)
    extraAcknowledged = extraFilter.value
  }

  // MARK: What follows from the model

  /// Bytes that the path holds at a rate, times a gain.
  func pipe(_ rate: Double, gain: Double = 1) -> Double {
    guard let minRTT, rate > 0 else { return initialWindow }
    return gain * rate * Double(minRTT.nanoseconds) / 1e9
  }

  /// The same with what trains need besides.
  func inflight(gain: Double) -> Double {
    withQuanta(pipe(rate, gain: gain))
  }

  private func withQuanta(_ bytes: Double) -> Double {
    let quantum = Double(
      Pacer.quantumBytes(rate: Int(min(pacingRate, 1e12)), datagramBytes: Int(datagramBytes)))
    var bytes = max(bytes, Constant.windowQuanta * quantum, minimumWindow)
    if mode == .probeUp { bytes += 2 * datagramBytes }
    return bytes
  }

  private mutating func setPacingRate() {
    guard rate > 0 else { return }
    var base = rate
    var gain = pacingGain
    if let policed = policer.rate, isPipeFull {
      base = min(base, policed)
      gain = min(gain, 1)
    } else if mode == .probeCruise || mode == .probeRefill {
      // What chance takes has to be sent as well, or every cycle would deliver less than the last.
      gain /= 1 - toleratedLoss
    }
    let paced = gain * base * (1 - Constant.pacingMargin)
    // STARTUP never slows down: early samples are of a pipe that is not yet full.
    if isPipeFull || paced > pacingRate { pacingRate = paced }
  }

  private mutating func setWindow(_ ack: Acknowledgement) {
    let acknowledged = Double(ack.sample.newlyAcknowledged)
    let slack = max(minRTT ?? .zero, Constant.schedulingSlack)
    let held =
      minRTT == nil || rate <= 0
      ? initialWindow * windowGain : windowGain * rate * Double(slack.nanoseconds) / 1e9
    let most = withQuanta(held + extraAcknowledged)
    if isPipeFull {
      window = min(window + acknowledged, most)
    } else if window < max(most, trainPipe) || Double(ack.delivered) < initialWindow {
      window += startupGrowth(acknowledged)
    }
    window = max(window, minimumWindow)
    if mode == .probeRTT { window = min(window, probeRTTWindow) }
    boundWindow()
  }

  /// Draft, section 5.6.4.7.
  private mutating func boundWindow() {
    var bound = Double.infinity
    switch mode {
    case .probeDown, .probeRefill, .probeUp: bound = inflightHigh
    case .probeRTT, .probeCruise: bound = inflightWithHeadroom
    case .startup, .drain: break
    }
    bound = max(min(bound, inflightLow), minimumWindow)
    window = min(window, bound)
  }

  mutating func datagramBytesChanged(_ bytes: Int) {
    datagramBytes = Double(bytes)
    window = max(window, minimumWindow)
  }

  /// A packet leaves after a pause in which there was nothing to send (draft, section 5.4.1).
  mutating func restartedFromIdle(at now: MonotonicTime) {
    isIdleRestart = true
    extraStartedAt = now
    if isProbingBandwidth, rate > 0 { pacingRate = rate * (1 - Constant.pacingMargin) }
  }

  mutating func persistentCongestion() {
    saveWindow()
    window = minimumWindow
    remembered = nil
  }
}
