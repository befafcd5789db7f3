import Primitives

/// PROBE_BW: down, cruise, refill, up (draft, section 5.3.3).
extension BBR {
  mutating func updateProbingCycle(_ ack: Acknowledgement) {
    guard isPipeFull else { return }
    adaptUpperBounds(ack)
    switch mode {
    case .probeDown:
      if isTimeToProbe(ack) {
        startRefill(ack)
      } else if isTimeToCruise(ack) {
        startCruise()
      }
    case .probeCruise:
      if isTimeToProbe(ack) { startRefill(ack) }
    case .probeRefill:
      if isRoundStart { startUp(ack) }
    case .probeUp:
      if isTimeToGoDown(ack) { startDown(delivered: ack.delivered, at: ack.now) }
    case .startup, .drain, .probeRTT:
      break
    }
  }

  mutating func startDown(delivered: UInt64, at now: MonotonicTime) {
    resetCongestionSignals()
    pickProbeWait()
    cycleStartedAt = now
    feedback = .probeStopping
    downStartRound = roundCount
    startRound(delivered)
    mode = .probeDown
    pacingGain = Constant.downPacingGain
    windowGain = Constant.windowGain
  }

  mutating func startCruise() {
    mode = .probeCruise
    pacingGain = 1
    windowGain = Constant.windowGain
  }

  private mutating func startRefill(_ ack: Acknowledgement) {
    resetLowerBounds()
    probeUpRounds = 0
    probeUpGrowth = 0
    feedback = .refilling
    startRound(ack.delivered)
    mode = .probeRefill
    pacingGain = 1
    windowGain = Constant.windowGain
  }

  private mutating func startUp(_ ack: Acknowledgement) {
    isProbing = true
    feedback = .probeStarting
    startRound(ack.delivered)
    resetFullness(to: ack.sample.rate ?? maxRate)
    cycleStartedAt = ack.now
    mode = .probeUp
    pacingGain = Constant.upPacingGain
    windowGain = Constant.upWindowGain
    raiseSlope()
  }

  /// Flows that probe at the same moments would never see each other's room.
  private mutating func pickProbeWait() {
    roundsSinceProbe = random.chance(0.5) ? 1 : 0
    let spread = Int64.random(in: 0...Constant.probeWaitSpread.nanoseconds, using: &random)
    let stretch =
      inflightHigh.isFinite
      ? min(max(1, (minRTT ?? .zero) / Constant.probeWaitRTT), Constant.probeWaitStretchMax) : 1
    probeWait = (Constant.probeWaitMin + .nanoseconds(spread)) * stretch
  }

  /// Draft, section 5.3.3.5: after two to three seconds, or after as many rounds as Reno would need
  /// to grow its window to ours, so that such flows are not starved and do not starve us.
  private func isTimeToProbe(_ ack: Acknowledgement) -> Bool {
    let waited = ack.now.since(cycleStartedAt)
    if waited > probeWait { return true }
    if waited < Constant.renoWaitMin { return false }
    if isCrowdedOut, roundsSinceProbe >= Constant.crowdedProbeRounds { return true }
    let target = min(pipe(rate), window) / datagramBytes
    return roundsSinceProbe >= min(target, Constant.renoRoundsMax)
  }

  /// Somebody keeps the queue overflowing whatever we do.
  private var isCrowdedOut: Bool {
    lossTolerance && standingLoss.share - pathLoss.share >= Constant.crowdedLossMin
  }

  private func isTimeToCruise(_ ack: Acknowledgement) -> Bool {
    // One whole round below the path's rate tells what it loses by itself.
    if lossTolerance, toleratedLoss > 0, !isRoundStart { return false }
    // A queue that others hold full does not drain, however long we wait.
    let rounds = isCrowdedOut ? Constant.crowdedDownRoundsMax : Constant.downRoundsMax
    if lossTolerance, roundCount > downStartRound + rounds { return true }
    return ack.bytesInFlight <= inflightWithHeadroom && ack.bytesInFlight <= inflight(gain: 1)
  }

  private mutating func isTimeToGoDown(_ ack: Acknowledgement) -> Bool {
    if isWindowLimited && window >= inflightHigh {
      resetFullness(to: ack.sample.rate ?? maxRate)
      return false
    }
    return isFullNow
  }

  /// The upper bound less some room for whoever comes new (draft, section 5.5.10.1).
  var inflightWithHeadroom: Double {
    guard inflightHigh.isFinite else { return .infinity }
    let headroom = max(datagramBytes, Constant.headroom * inflightHigh)
    return max(inflightHigh - headroom, minimumWindow)
  }

  private mutating func adaptUpperBounds(_ ack: Acknowledgement) {
    if feedback == .probeStarting && isRoundStart { feedback = .probeFeedback }
    if feedback == .probeStopping && isRoundStart {
      feedback = .probeFeedback
      isProbing = false
      if isProbingBandwidth && !ack.sample.isApplicationLimited { rateFilter.advance() }
    }
    let flight = Double(ack.sample.bytesInFlightAtSend)
    if isTooMuch(lost: Double(ack.sample.lost), of: flight) {
      if isProbing {
        inflightWasTooHigh(
          flight, isApplicationLimited: ack.sample.isApplicationLimited, delivered: ack.delivered,
          at: ack.now)
      }
      return
    }
    guard inflightHigh.isFinite else { return }
    inflightHigh = max(inflightHigh, flight)
    if mode == .probeUp { raiseUpperBound(ack) }
  }

  /// Growth doubles with each round of probing up: slow first, where others may be just below.
  private mutating func raiseSlope() {
    let datagrams = Double(1 << probeUpRounds)
    probeUpRounds = min(probeUpRounds + 1, Constant.probeUpRoundsMax)
    let slope = datagrams * datagramBytes / max(window, datagramBytes)
    probeUpGrowth = min(1, max(slope, Constant.upGrowthMin))
  }

  private mutating func raiseUpperBound(_ ack: Acknowledgement) {
    guard isWindowLimited, window >= inflightHigh else { return }
    inflightHigh += Double(ack.sample.newlyAcknowledged) * probeUpGrowth
    if isRoundStart { raiseSlope() }
  }

  /// Draft, section 5.5.10.2.
  mutating func inflightWasTooHigh(
    _ flight: Double, isApplicationLimited: Bool, delivered: UInt64, at now: MonotonicTime
  ) {
    isProbing = false
    if !isApplicationLimited {
      noteLossState()
      inflightHigh = max(flight, Constant.beta * min(pipe(rate), window))
    }
    if mode == .probeUp { startDown(delivered: delivered, at: now) }
  }
}
