import Primitives

/// What loss says about the path, and the bounds that follow (draft, section 5.5.10).
extension BBR {
  /// Packets of one round, by how they were sent, and the shortest round trip in it.
  struct RoundCount: Sendable {
    var sentBelow = 0.0
    var lostBelow = 0.0
    var sentLevel = 0.0
    var lostLevel = 0.0
    var sentAbove = 0.0
    var lostAbove = 0.0
    var shortest: Duration?

    mutating func note(_ roundTrip: Duration) {
      shortest = min(shortest ?? roundTrip, roundTrip)
    }

    mutating func add(_ pace: PathLoss.Pace, isLost: Bool) {
      let lost = isLost ? 1.0 : 0
      switch pace {
      case .below:
        sentBelow += 1
        lostBelow += lost
      case .level:
        sentLevel += 1
        lostLevel += lost
      case .above:
        sentAbove += 1
        lostAbove += lost
      }
    }

    var sent: Double { sentBelow + sentLevel + sentAbove }
    var lost: Double { lostBelow + lostLevel + lostAbove }
    var share: Double { sent > 0 ? lost / sent : 0 }
  }

  /// How packets leave now, for `PathLoss`.
  var pace: PathLoss.Pace {
    switch mode {
    case .drain, .probeDown, .probeRTT: .below
    case .probeCruise, .probeRefill: .level
    case .startup, .probeUp: .above
    }
  }

  /// The share of losses that is put down to chance.
  var toleratedLoss: Double { lossTolerance ? pathLoss.share : 0 }

  /// The share of so many packets that says nothing of our own rate.
  func granted(of packets: Double) -> Double {
    lossTolerance ? max(pathLoss.bound(of: packets), standingLoss.bound(of: packets)) : 0
  }

  /// The round trips of this round are longer than an empty queue explains.
  var isQueueEvident: Bool {
    guard let minRTT, let shortest = round.shortest else { return false }
    return shortest > minRTT + max(minRTT * Constant.queueShare, Constant.queueTimeMin)
  }

  /// A round has ended: what it lost without a queue is the path's own.
  mutating func roundEnded(at now: MonotonicTime) {
    if lossTolerance, !isQueueEvident {
      switch mode {
      case .startup:
        // While delivery still grows, nothing is full, however fast we send.
        if maxRate >= fullRate * Constant.fullGrowth {
          pathLoss.addLevel(sent: round.sent, lost: round.lost)
        }
      case .drain, .probeDown, .probeCruise, .probeRefill, .probeUp, .probeRTT:
        if round.sentLevel > 0 {
          pathLoss.addLevel(sent: round.sentLevel, lost: round.lostLevel)
        }
      }
    }
    if lossTolerance, mode != .startup {
      let sent = round.sentLevel + round.sentBelow
      if sent > 0 { standingLoss.add(sent: sent, lost: round.lostLevel + round.lostBelow, at: now) }
      if round.sentBelow > 0 { pathLoss.addBelow(sent: round.sentBelow, lost: round.lostBelow) }
    }
    lastRound = round
    wasQueueEvident = isQueueEvident
    round = RoundCount()
    lossEventsInRound = 0
  }

  /// More was lost of what was in flight than probing may cost.
  func isTooMuch(lost: Double, of flight: Double) -> Bool {
    lost > flight * (Constant.lossThreshold + granted(of: flight / datagramBytes))
  }

  /// For every packet that is declared lost; `lost` is the connection's total with it.
  mutating func packetLost(
    _ snapshot: SendSnapshot, bytes: Int, lost: UInt64, delivered: UInt64, at now: MonotonicTime
  ) {
    round.add(snapshot.pace, isLost: true)
    if !hasLossInRound {
      lossRoundEnd = delivered
      noteLossState()
    }
    hasLossInRound = true
    guard isProbing else { return }
    let flight = Double(snapshot.bytesInFlight)
    let lostSince = Double(lost > snapshot.lost ? lost - snapshot.lost : 0)
    guard isTooMuch(lost: lostSince, of: flight) else { return }
    let share =
      Constant.lossThreshold + max(toleratedLoss, lossTolerance ? standingLoss.grantedShare : 0)
    // The flight at which the share of losses was just reached (draft, `BBRInflightAtLoss`).
    let before = flight - Double(bytes)
    let lostBefore = lostSince - Double(bytes)
    let prefix = max(0, share * before - lostBefore) / (1 - share)
    inflightWasTooHigh(
      before + prefix, isApplicationLimited: snapshot.isApplicationLimited, delivered: delivered,
      at: now)
  }

  mutating func packetAcknowledged(_ snapshot: SendSnapshot) {
    round.add(snapshot.pace, isLost: false)
  }

  // MARK: Lower bounds

  mutating func updateDeliverySignals(_ ack: Acknowledgement) {
    isLossRoundStart = false
    rateLatest = max(rateLatest, ack.sample.rate ?? 0)
    inflightLatest = max(inflightLatest, Double(ack.sample.delivered))
    if let prior = ack.sample.priorDelivered, prior >= lossRoundEnd {
      lossRoundEnd = ack.delivered
      isLossRoundStart = true
    }
  }

  mutating func advanceDeliverySignals(_ sample: RateSample) {
    guard isLossRoundStart else { return }
    rateLatest = sample.rate ?? 0
    inflightLatest = Double(sample.delivered)
  }

  /// Once for each round with loss, while we do not ourselves cause it by probing.
  mutating func adaptLowerBounds() {
    switch mode {
    case .probeRefill, .probeUp, .startup: return
    case .drain, .probeDown, .probeCruise, .probeRTT: break
    }
    guard hasLossInRound, isCongested else { return }
    if rateLow == .infinity { rateLow = maxRate }
    if inflightLow == .infinity { inflightLow = window }
    rateLow = max(rateLatest, Constant.beta * rateLow)
    inflightLow = max(inflightLatest, Constant.beta * inflightLow)
  }

  /// Any loss is congestion to BBRv3. With tolerance, only what exceeds chance: with a queue in
  /// sight anything beyond it, without one what would be too much for a probe.
  private var isCongested: Bool {
    guard lossTolerance else { return true }
    let sent = round.sent + lastRound.sent
    let lost = round.lost + lastRound.lost
    let excess = lost - sent * granted(of: sent)
    return isQueueEvident || wasQueueEvident
      ? excess > sent * Constant.congestionLossMin : excess > sent * Constant.lossThreshold
  }

  mutating func resetLowerBounds() {
    rateLow = .infinity
    inflightLow = .infinity
  }

  mutating func resetCongestionSignals() {
    hasLossInRound = false
    rateLatest = 0
    inflightLatest = 0
  }

  // MARK: Undoing

  mutating func noteLossState() {
    if undo == nil || !hasLossInRound {
      undo = Undo(
        rateLow: rateLow, inflightLow: inflightLow, inflightHigh: inflightHigh,
        leftStartup: undo?.leftStartup ?? false)
    }
  }

  /// The packets have arrived after all: the bounds go back (draft, section 5.5.11).
  mutating func spuriousLoss() {
    guard let undo else { return }
    rateLow = max(rateLow, undo.rateLow)
    inflightLow = max(inflightLow, undo.inflightLow)
    inflightHigh = max(inflightHigh, undo.inflightHigh)
    hasLossInRound = false
    if undo.leftStartup, mode == .drain {
      mode = .startup
      isPipeFull = false
      resetFullness(to: 0)
      pacingGain = Constant.startupPacingGain
    }
    self.undo = nil
  }
}
