import Primitives

extension ConnectionCore {
  /// Every timer of a connection.
  private enum Timer: CaseIterable {
    /// Message 1 again, or the next path to send it to.
    case handshake
    /// A packet counts as lost, or silence as a reason to ask.
    case loss
    case acknowledgement
    /// The pacer lets the next train go.
    case pacing
    case pathProbe
    /// Nothing was heard for longer than a busy peer is silent.
    case silence
    case keepalive
    case idle
    /// The other side has been told often enough.
    case closing
  }

  private static let timers = Timer.allCases

  private func deadline(of timer: Timer) -> UInt64? {
    switch (timer, phase) {
    case (.handshake, .handshaking): return handshake.deadline
    case (.idle, .handshaking), (.idle, .established):
      return lastHeardAt + TransferLimits.idleTimeout
    case (.closing, .closing): return closing?.until
    case (.loss, .established): return recovery.deadline
    case (.acknowledgement, .established): return policy.isDue ? nil : policy.deadline
    case (.pacing, .established): return hasElicitingToSend ? pacedUntil : nil
    case (.pathProbe, .established): return paths.deadline
    case (.silence, .established): return silenceDeadline
    case (.keepalive, .established): return lastSentAt + TransferLimits.keepaliveInterval
    default: return nil
    }
  }

  /// The answer to the question, or the lack of one, is the loss timer's business then.
  private var silenceDeadline: UInt64? {
    guard expectsMore, !recovery.isAnythingOutstanding else { return nil }
    return lastHeardAt + silence
  }

  var nextDeadline: UInt64? {
    var soonest: UInt64?
    for timer in Self.timers {
      guard let deadline = deadline(of: timer) else { continue }
      soonest = min(soonest ?? deadline, deadline)
    }
    return soonest
  }

  mutating func timeout(at now: UInt64) {
    for timer in Self.timers {
      guard let deadline = deadline(of: timer), deadline <= now else { continue }
      switch timer {
      // These are seen to when the next train is planned.
      case .handshake, .pathProbe: break
      case .pacing: pacedUntil = nil
      case .loss: lossTimeout(at: now)
      case .acknowledgement: policy.timeout(at: now)
      case .silence:
        expectsMore = false
        owesPing = true
      case .keepalive: keepAlive(at: now)
      case .idle: end(.idle)
      case .closing: phase = .closed
      }
    }
  }

  private mutating func keepAlive(at now: UInt64) {
    owesPing = true
    // What failed at first may work by now; the relay serves meanwhile.
    guard let active = paths.active, paths[active].kind == .relay else { return }
    for path in paths.indices where !paths[path].isValidated {
      paths.beginValidation(path, at: now)
    }
  }

  private mutating func lossTimeout(at now: UInt64) {
    switch recovery.timeout(at: now) {
    case .nothing: break
    case .losses:
      congestion.beginAcknowledgement(at: MonotonicTime(nanoseconds: now))
      applyLosses(at: now)
    case .probe:
      statistics.probeTimeouts += 1
      owedProbes = Self.probesPerTimeout
      let (first, last) = recovery.probeCandidates()
      if let first { repeatStreams(of: first) }
      if let last { repeatStreams(of: last) }
      // Without message 2 the recipient can read nothing of all that.
      if role == .presenter, !isConfirmed, let active = paths.active {
        owedHandshakes |= 1 << UInt64(active)
      }
      if recovery.probeCount >= TransferLimits.silentProbesMax { searchPath(at: now) }
    }
  }

  /// RFC 9002 §6.2.4: two, so that the loss of one costs no further timeout.
  private static let probesPerTimeout = 2
}
