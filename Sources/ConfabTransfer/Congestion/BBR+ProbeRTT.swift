import Primitives

/// The least round trip, and PROBE_RTT to keep it fresh (draft, section 5.3.4).
extension BBR {
  mutating func updateMinRTT(_ ack: Acknowledgement) {
    isRecentMinRTTExpired = ack.now.since(recentMinRTTAt) > Constant.probeRTTInterval
    guard let roundTrip = ack.latestRTT else { return }
    if recentMinRTT.map({ roundTrip < $0 }) ?? true || isRecentMinRTTExpired {
      recentMinRTT = roundTrip
      recentMinRTTAt = ack.now
    }
    let isExpired = ack.now.since(minRTTAt) > Constant.minRTTWindow
    if let recentMinRTT, minRTT.map({ recentMinRTT < $0 }) ?? true || isExpired {
      minRTT = recentMinRTT
      minRTTAt = recentMinRTTAt
    }
    // A sample as good as the least one shows that the queue is empty now.
    if let minRTT, roundTrip <= minRTT + minRTT * Constant.minRTTConfirmation {
      minRTTAt = ack.now
      recentMinRTTAt = ack.now
      isRecentMinRTTExpired = false
    }
  }

  var probeRTTWindow: Double {
    max(pipe(rate, gain: Constant.probeRTTWindowGain), minimumWindow)
  }

  mutating func checkProbeRTT(_ ack: Acknowledgement) {
    if mode != .probeRTT && isRecentMinRTTExpired && !isIdleRestart {
      saveWindow()
      mode = .probeRTT
      pacingGain = 1
      windowGain = Constant.probeRTTWindowGain
      probeRTTDoneAt = nil
      feedback = .probeStopping
      startRound(ack.delivered)
    }
    if mode == .probeRTT { handleProbeRTT(ack) }
    if ack.sample.delivered > 0 { isIdleRestart = false }
  }

  private mutating func handleProbeRTT(_ ack: Acknowledgement) {
    guard let doneAt = probeRTTDoneAt else {
      guard ack.bytesInFlight <= probeRTTWindow else { return }
      probeRTTDoneAt = ack.now + Constant.probeRTTTime
      isProbeRTTRoundDone = false
      startRound(ack.delivered)
      return
    }
    if isRoundStart { isProbeRTTRoundDone = true }
    guard isProbeRTTRoundDone, ack.now > doneAt else { return }
    recentMinRTTAt = ack.now
    standingLoss.beginTest(at: ack.now)
    window = max(window, priorWindow)
    resetLowerBounds()
    if isPipeFull {
      startDown(delivered: ack.delivered, at: ack.now)
      startCruise()
    } else {
      mode = .startup
      pacingGain = Constant.startupPacingGain
      windowGain = Constant.windowGain
    }
  }

  /// What to return to (draft, section 5.6.4.4).
  mutating func saveWindow() {
    priorWindow = !hasLossInRound && mode != .probeRTT ? window : max(priorWindow, window)
  }
}
