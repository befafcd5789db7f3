import Primitives

/// Which way the packets take.
///
/// The presenter chooses: a direct path as soon as one is validated, another when the one in use is
/// silent. The recipient follows it. Both probe, because that is what opens address translators, and
/// nobody moves to a path that has not answered.
extension ConnectionCore {
  mutating func addCandidate(_ candidate: Candidate, at now: UInt64) {
    guard candidate.isUsable, !isRelayOnly else { return }
    add(PathAddress(candidate), PathKind(candidate.kind), at: now)
  }

  /// Our own place at the relay, which is no business of the other side's.
  mutating func addRelay(_ address: PathAddress, at now: UInt64) {
    add(address, .relay, at: now)
  }

  private mutating func add(_ address: PathAddress, _ kind: PathKind, at now: UInt64) {
    guard let path = paths.add(address, kind: kind, at: now, keeping: peersPath) else { return }
    if phase == .established, !paths[path].isValidated { paths.beginValidation(path, at: now) }
  }

  mutating func learnCandidates(
    _ payload: UnsafeRawBufferPointer, _ start: Int, _ count: Int, at now: UInt64
  ) {
    var reader = PacketReader(
      UnsafeRawBufferPointer(
        rebasing: payload[start..<start + count * PacketLimits.candidateBytes]))
    for _ in 0..<count {
      let kind = Candidate.Kind(rawValue: reader.byte())
      let (high, low, port) = (reader.uint64(), reader.uint64(), reader.uint16())
      // A kind of a later version is no reason to end.
      guard let kind else { continue }
      addCandidate(Candidate(kind, high: high, low: low, port: port), at: now)
    }
  }

  /// An authentic packet came from there.
  mutating func heard(from address: PathAddress, bytes: Int, at now: UInt64) -> Int? {
    guard let path = paths.add(address, kind: .direct, at: now, keeping: peersPath) else {
      return nil
    }
    paths[path].bytesReceived += UInt64(bytes)
    paths[path].lastHeardAt = now
    return path
  }

  /// The newest packet that did more than probe came on this path.
  mutating func peerSent(on path: Int, at now: UInt64) {
    peersPath = path
    guard path != paths.active else { return }
    if !paths[path].isValidated {
      paths.beginValidation(path, at: now)
    } else if role == .recipient || isActiveSilent(at: now) {
      switchPath(to: path, isOldDead: role == .presenter, at: now)
    }
  }

  private func isActiveSilent(at now: UInt64) -> Bool {
    guard let active = paths.active else { return true }
    return now - min(now, paths[active].lastHeardAt ?? 0) > silence
  }

  /// So long nothing is heard before one wonders.
  var silence: UInt64 {
    max(
      UInt64(TransferLimits.silentProbesMax) * recovery.roundTrip.probeTimeout,
      TransferLimits.silenceMin)
  }

  /// The other side tries a path. It may be one that this side does not know of: an address translator
  /// gives another port for each destination, and only what comes through it shows which.
  mutating func challenged(_ token: UInt64, on path: Int, at now: UInt64) {
    paths[path].owedResponse = token
    if !paths[path].isValidated { paths.beginValidation(path, at: now) }
  }

  mutating func pathAnswered(_ token: UInt64, at now: UInt64) {
    guard let path = paths.answered(token, at: now) else { return }
    guard let active = paths.active else { return }
    guard path != active else {
      isSearchingPath = false
      return
    }
    let isSilent = (paths[active].lastHeardAt ?? 0) < paths[path].challengedAt
    if isSearchingPath && isSilent || !paths[active].isValidated {
      switchPath(to: path, isOldDead: isSilent, at: now)
    } else if role == .recipient {
      if peersPath == path { switchPath(to: path, isOldDead: false, at: now) }
    } else if isBetter(path, than: active) {
      switchPath(to: path, isOldDead: false, at: now)
    } else if peersPath == path, isSilent {
      // The peer's address has changed: it sends from the new one.
      switchPath(to: path, isOldDead: true, at: now)
    }
  }

  private func isBetter(_ path: Int, than active: Int) -> Bool {
    switch (paths[path].kind, paths[active].kind) {
    case (.direct, .relay): return true
    case (.relay, .direct): return false
    default:
      guard let roundTrip = paths[path].roundTrip, recovery.roundTrip.hasSample else {
        return false
      }
      return roundTrip * TransferLimits.fasterPathFactor + RoundTrip.granularity
        < recovery.roundTrip.minimum
    }
  }

  /// What was learned of the old path is of no use on the new one (RFC 9000 §9.4).
  private mutating func switchPath(to path: Int, isOldDead: Bool, at now: UInt64) {
    paths.activate(path)
    recovery.pathChanged(
      roundTrip: paths[path].roundTrip, isOldPathDead: isOldDead, at: now)
    for packet in recovery.lost { repair(packet) }
    congestion.datagramBytesChanged(paths[path].sizes.current)
    congestion.pathChanged(at: MonotonicTime(nanoseconds: now))
    isSearchingPath = false
    owedProbes = 0
    pacedUntil = nil
    // The peer follows what it sees, so it must see something.
    owesPing = true
    statistics.pathChanges += 1
    report(.pathChanged(paths[path].address, paths[path].kind))
  }

  /// Looks for any way that works, the present one included.
  mutating func searchPath(at now: UInt64) {
    if isSearchingPath {
      for path in paths.indices { paths.beginValidation(path, at: now) }
    } else {
      isSearchingPath = true
      paths.beginValidationOfAll(at: now)
    }
  }

  mutating func datagramRefused(bytes: Int, to address: PathAddress) {
    guard let path = paths.index(of: address), paths[path].sizes.refused(bytes),
      path == paths.active
    else { return }
    congestion.datagramBytesChanged(paths[path].sizes.current)
  }
}
