import Crypto

/// All ways to the other side, the one in use, and the probing of the others.
///
/// Several are probed at a time, one datagram every 5 ms: address translators on the way may take a
/// burst of new flows for a scan.
package struct PathTable: Sendable {
  /// Candidates of the other side, and addresses that it turned out to have.
  package static let pathsMax = 48
  /// RFC 8445 §14.2 (Ta).
  package static let probeSpacing: UInt64 = 5_000_000
  static let firstInterval: UInt64 = 200_000_000
  static let intervalMax: UInt64 = 5_000_000_000
  static let attemptsMax = 8

  package private(set) var paths: [Path] = []
  package private(set) var active: Int?
  private var lastProbeAt: UInt64?
  /// Who could foresee a challenge could answer for an address that is not his, and have it sent to
  /// (RFC 9000 §8.2.1, §21.5.6).
  private let secret: SymmetricKey
  private var challengesMade: UInt64 = 0
  private let datagramBytesMax: Int

  /// - Parameter secret: of this connection alone, which the other side does not know.
  package init(secret: [UInt8], datagramBytesMax: Int) {
    self.secret = SymmetricKey(data: secret)
    self.datagramBytesMax = datagramBytesMax
    paths.reserveCapacity(Self.pathsMax)
  }

  package subscript(index: Int) -> Path {
    get { paths[index] }
    _modify { yield &paths[index] }
  }

  package var count: Int { paths.count }
  package var indices: Range<Int> { paths.indices }

  package func index(of address: PathAddress) -> Int? {
    if let active, paths[active].address == address { return active }
    return paths.firstIndex { $0.address == address }
  }

  /// Where there are too many already, a dead one is forgotten for it.
  ///
  /// - Parameter kept: a path that is needed even if it is dead.
  /// - Returns: nil when all of them may still be of use.
  package mutating func add(
    _ address: PathAddress, kind: PathKind, at now: UInt64, keeping kept: Int? = nil
  ) -> Int? {
    if let known = index(of: address) { return known }
    let path = Path(address, kind: kind, datagramBytesMax: datagramBytesMax)
    guard paths.count == Self.pathsMax else {
      paths.append(path)
      return paths.count - 1
    }
    // The relay is what is left when every other way fails.
    let dead = paths.indices.filter { index in
      index != active && index != kept && paths[index].kind != .relay && isDead(index, at: now)
    }
    guard let oldest = dead.min(by: { paths[$0].lastHeardAt ?? 0 < paths[$1].lastHeardAt ?? 0 })
    else { return nil }
    paths[oldest] = path
    return oldest
  }

  /// Nobody answered there, or not for so long that a connection would have ended.
  private func isDead(_ index: Int, at now: UInt64) -> Bool {
    let path = paths[index]
    guard path.nextChallengeAt == nil, path.owedResponse == nil else { return false }
    if path.attempts == Self.attemptsMax { return true }
    return path.lastHeardAt.map { $0 + TransferLimits.idleTimeout <= now } ?? false
  }

  package mutating func activate(_ index: Int) { active = index }

  /// Begins to probe a path, unless that is under way.
  package mutating func beginValidation(_ index: Int, at now: UInt64) {
    guard paths[index].nextChallengeAt == nil else { return }
    paths[index].token = nextToken()
    paths[index].attempts = 0
    paths[index].nextChallengeAt = now
  }

  private mutating func nextToken() -> UInt64 {
    challengesMade += 1
    return withUnsafeBytes(of: challengesMade.bigEndian) { number in
      HMAC<SHA256>.authenticationCode(for: number, using: secret).prefix(8)
        .reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  /// Begins anew on every path, the one in use included: one of them must still work.
  package mutating func beginValidationOfAll(at now: UInt64) {
    for index in paths.indices {
      paths[index].nextChallengeAt = nil
      beginValidation(index, at: now)
    }
  }

  /// The path to challenge now, if it is time for one.
  package func dueChallenge(at now: UInt64) -> Int? {
    if let lastProbeAt, now < lastProbeAt + Self.probeSpacing { return nil }
    var best: Int?
    var bestTime = UInt64.max
    for index in paths.indices {
      guard let time = paths[index].nextChallengeAt, time <= now, time < bestTime else { continue }
      (best, bestTime) = (index, time)
    }
    return best
  }

  /// The challenge was sent; the next one follows later and later.
  package mutating func challenged(_ index: Int, at now: UInt64) {
    lastProbeAt = now
    paths[index].challengedAt = now
    let interval = min(Self.firstInterval << UInt64(paths[index].attempts), Self.intervalMax)
    paths[index].attempts += 1
    paths[index].nextChallengeAt =
      paths[index].attempts < Self.attemptsMax ? now + interval : nil
  }

  /// - Returns: the path that answered, nil when nobody had been asked that.
  package mutating func answered(_ token: UInt64, at now: UInt64) -> Int? {
    guard
      let index = paths.firstIndex(where: { $0.token == token && $0.attempts > 0 })
    else { return nil }
    // With one challenge sent the answer is to that one (Karn's rule).
    if paths[index].attempts == 1 { paths[index].roundTrip = now - paths[index].challengedAt }
    paths[index].isValidated = true
    paths[index].nextChallengeAt = nil
    paths[index].attempts = 0
    return index
  }

  /// When the next challenge is due.
  package var deadline: UInt64? {
    guard let soonest = paths.lazy.compactMap(\.nextChallengeAt).min() else { return nil }
    return max(soonest, lastProbeAt.map { $0 + Self.probeSpacing } ?? 0)
  }

  /// The path to answer a challenge on, if one is owed.
  package var owedResponse: Int? { paths.firstIndex { $0.owedResponse != nil } }
}
