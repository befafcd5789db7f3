import Primitives

/// STARTUP and DRAIN.
extension BBR {
  /// A path that was fast lately starts near that rate: paced, so that nothing leaves as a burst, and
  /// with a window for no longer than it takes to see what comes of it.
  mutating func startCarefully(atHalfOf rate: Double) {
    let careful = rate * Constant.rememberedShare
    guard careful > pacingRate else { return }
    remembered = careful
    pacingRate = careful
    let inflight = careful * Double(Constant.rememberedRTT.nanoseconds) / 1e9
    window = max(window, min(inflight, Constant.rememberedWindowMax))
  }

  /// The remembered rate is believed as soon as it was delivered, and forgotten at once when it is
  /// not: STARTUP then goes on from what was.
  private mutating func checkRemembered(_ ack: Acknowledgement) {
    guard let careful = remembered else { return }
    if maxRate >= careful * (1 - Constant.pacingMargin) * 0.9 {
      remembered = nil
      return
    }
    let lossShare = round.share
    let isLosing =
      lossEventsInRound >= Constant.startupLossEvents && lossShare > Constant.rememberedLossMax
    // The first round's samples are of the first packets only, the second's tell.
    let isShort =
      isRoundStart && roundCount > 2 && !ack.sample.isApplicationLimited
      && maxRate < careful * Constant.rememberedDeliveryMin
    guard isLosing || isShort || isQueueEvident else {
      if roundCount > 3 { remembered = nil }
      return
    }
    remembered = nil
    pacingRate = Constant.startupPacingGain * max(maxRate, 1)
    window = max(initialWindow, min(window, inflightLatest))
  }

  mutating func checkStartup(_ ack: Acknowledgement) {
    if mode == .startup {
      checkRemembered(ack)
      updateTrain(ack)
      checkQueueGrowth(ack)
    }
    checkPipeFull(ack.sample, at: ack.now)
    if mode == .startup { checkStartupLoss(ack) }
    guard mode == .startup, isPipeFull else { return }
    mode = .drain
    pacingGain = Constant.drainPacingGain
    windowGain = Constant.windowGain
    drainStartRound = roundCount
  }

  private mutating func updateTrain(_ ack: Acknowledgement) {
    if isRoundStart {
      train.roundBegan(delivered: ack.delivered - ack.sample.newlyAcknowledged, at: ack.now)
    }
    guard let roundTrip = ack.latestRTT, remembered == nil else { return }
    let least = min(minRTT ?? roundTrip, roundTrip)
    guard least >= Constant.trainRTTMin else { return }
    train.acknowledged(
      ack.sample, delivered: ack.delivered, roundTrip: roundTrip, minRTT: least,
      datagramBytes: datagramBytes)
    if train.isBottleneck { hyStart.queueSeen(least) }
  }

  /// How much larger an acknowledgement makes STARTUP's window. Doubling is always allowed; the
  /// train's rate allows up to four times, as long as that fits into the pipe.
  func startupGrowth(_ acknowledged: Double) -> Double {
    let least =
      hyStart.phase == .slowStart
      ? acknowledged : acknowledged / Double(HyStart.conservativeGrowthDivisor)
    return max(least, min((Constant.trainGrowth - 1) * acknowledged, trainPipe - window))
  }

  /// What the pipe holds at the least, as far as trains have told.
  var trainPipe: Double {
    guard let rate = train.rate, let minRTT, remembered == nil else { return 0 }
    return Constant.trainPipeShare * rate * Double(minRTT.nanoseconds) / 1e9
  }

  /// HyStart++ (RFC 9406): once the round trip rises, a queue is forming, so growth slows to what one
  /// more round can judge. Without that, STARTUP overshoots short queues by a pipe's content.
  private mutating func checkQueueGrowth(_ ack: Acknowledgement) {
    if isRoundStart { hyStart.roundBegan() }
    if let roundTrip = ack.latestRTT { hyStart.sample(roundTrip) }
    switch hyStart.phase {
    case .slowStart:
      pacingGain = Constant.startupPacingGain
      if let rate = train.rate, remembered == nil {
        pacingRate = max(pacingRate, Constant.startupPacingGain * rate)
      }
    case .conservative:
      pacingGain = overflowedAt != nil ? 1 : Constant.upPacingGain
      // STARTUP's rate otherwise only rises.
      let reached = max(maxRate, train.rate ?? 0)
      if reached > 0 { pacingRate = pacingGain * reached }
    case .done: pipeIsFull()
    }
  }

  mutating func resetFullness(to rate: Double) {
    fullRate = rate
    fullRounds = 0
    isFullNow = false
  }

  /// Draft, section 5.3.1.2. Where the round trip has risen as well, one round without growth is
  /// proof enough.
  private mutating func checkPipeFull(_ sample: RateSample, at now: MonotonicTime) {
    guard !isFullNow, isRoundStart, !sample.isApplicationLimited, let latest = sample.rate,
      remembered == nil
    else { return }
    // On a local network a round is shorter than a thread's hiccup, which is no full pipe.
    guard now.since(fullnessCheckedAt) >= Pacer.latenessMax else { return }
    fullnessCheckedAt = now
    // While growing, samples lag behind the flight that they are of; the largest tells.
    let rate = mode == .startup ? maxRate : latest
    let growth =
      switch mode {
      case .probeUp: Constant.upGrowth
      case .startup where hyStart.phase != .slowStart: Constant.slowGrowth
      default: Constant.fullGrowth
      }
    if rate >= fullRate * growth {
      resetFullness(to: rate)
      return
    }
    fullRounds += 1
    let needed =
      mode == .startup && hyStart.phase != .slowStart ? Constant.slowRounds : Constant.fullRounds
    isFullNow = fullRounds >= needed
    if isFullNow { isPipeFull = true }
  }

  private mutating func pipeIsFull() {
    isPipeFull = true
    isFullNow = true
  }

  /// Draft, section 5.3.1.3: heavy loss ends STARTUP. With tolerance, loss alone does not while
  /// delivery still doubles and no queue shows: then the path lost those packets.
  private mutating func checkStartupLoss(_ ack: Acknowledgement) {
    guard !isPipeFull, lossEventsInRound >= Constant.startupLossEvents else { return }
    let lost = Double(ack.sample.lost)
    let flight = Double(ack.sample.bytesInFlightAtSend)
    guard lost > flight * Constant.lossThreshold else { return }
    if lossTolerance {
      let isHeavy = lost > flight * (PathLoss.shareMax + Constant.lossThreshold)
      let isStalled = maxRate < fullRate * Constant.fullGrowth && fullRounds > 0
      let bound = flight * (pathLoss.bound(of: flight / datagramBytes) + Constant.lossThreshold)
      // Dense trains show a short queue anyway, and chance is not yet known then.
      let isDense = hyStart.phase == .slowStart && train.rate != nil
      guard isHeavy || !isDense && ((isStalled || isQueueEvident) && lost > bound) else { return }
    }
    if hyStart.phase == .slowStart, train.rate != nil {
      // A dense train overflowed a short queue: it has told the line's rate, which is not yet reached.
      hyStart.queueSeen(minRTT ?? .zero)
      overflowedAt = ack.now
      return
    }
    // What left before that was known says nothing new.
    if let overflowedAt, ack.sample.sentAt.map({ $0 <= overflowedAt }) ?? true { return }
    noteLossState()
    undo?.leftStartup = true
    pipeIsFull()
    inflightHigh = max(pipe(maxRate), inflightLatest, trainPipe)
  }

  /// Draft, section 5.3.2.
  mutating func checkDrain(_ ack: Acknowledgement) {
    guard mode == .drain else { return }
    if ack.bytesInFlight <= inflight(gain: 1)
      || roundCount > drainStartRound + Constant.drainRoundsMax
    {
      startDown(delivered: ack.delivered, at: ack.now)
    }
  }
}
