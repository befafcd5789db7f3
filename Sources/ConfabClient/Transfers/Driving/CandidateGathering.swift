import ConfabNetwork
package import ConfabTransfer
package import Primitives

/// Finds out at which addresses one socket may be reached: the machine's own, and the one that the
/// server sees. While a transfer is under way it looks again and again, because addresses change.
package struct CandidateGathering {
  /// A device that changes networks is found again within it. Translators remember for longer.
  private static let renewInterval = Duration.seconds(5)

  private var server: PathAddress?
  private let port: UInt16
  private let socket: UInt8
  private var host: [PathAddress]
  private var reflexive: PathAddress?
  private var query: ReflexiveQuery?
  /// The first answer has come, or has failed to.
  private var hasAnswered: Bool
  private var startedAt: MonotonicTime
  private var isWatching = false
  /// An answer has come, or silence, that nobody has looked at.
  private var hasNews = false
  /// What the other side knows.
  private var told: Set<Candidate> = []

  /// - Parameter server: nil when there is none to ask.
  package init(
    server: PathAddress?, port: UInt16, socket: UInt8, at now: MonotonicTime
  ) {
    self.server = server
    self.port = port
    self.socket = socket
    startedAt = now
    hasAnswered = server == nil
    host = Self.find(server, port, socket)
    ask(at: now)
  }

  private static func find(
    _ server: PathAddress?, _ port: UInt16, _ socket: UInt8
  ) -> [PathAddress] {
    // On a machine that has only itself, its own addresses are the only ones.
    LocalAddresses.find(
      port: port, localSocket: socket, includesLoopback: server?.isLoopback ?? true)
  }

  /// Asks another server from now on: the one before may be gone.
  package mutating func ask(_ other: PathAddress?, at now: MonotonicTime) {
    guard other != server else { return }
    server = other
    hasAnswered = other == nil
    ask(at: now)
  }

  private mutating func ask(at now: MonotonicTime) {
    var random = SystemRandomNumberGenerator()
    query = server.map {
      var address = $0
      address.localSocket = socket
      return ReflexiveQuery(address, at: now, using: &random)
    }
  }

  /// False when nobody answered: UDP does not get through to the server.
  package var reachesServer: Bool? {
    guard server != nil else { return nil }
    return hasAnswered ? reflexive != nil : nil
  }

  package var isFinished: Bool { hasAnswered }

  /// As far as they are known; the likeliest first.
  package var candidates: [Candidate] {
    var found = host.map { Candidate($0, .host) }
    if let reflexive, !host.contains(reflexive) { found.append(Candidate(reflexive, .reflexive)) }
    return Array(found.prefix(OfferLimits.candidatesMax))
  }

  /// The other side was told them, and what changes from now on it has to hear.
  ///
  /// What was found long ago may hold no more: an offer can wait for hours.
  package mutating func beginWatching() {
    told = Set(candidates)
    isWatching = true
  }

  package mutating func endWatching() { isWatching = false }

  /// True once for each answer and each silence: then somebody may wait for it.
  package mutating func takeNews() -> Bool {
    defer { hasNews = false }
    return hasNews
  }

  /// All of them when there are some that the other side does not know; told from then on.
  package mutating func takeChanged() -> [Candidate]? {
    guard isWatching, hasAnswered else { return nil }
    let current = candidates
    guard !told.isSuperset(of: current) else { return nil }
    told = Set(current)
    return current
  }

  package var nextDeadline: MonotonicTime? {
    query?.nextDeadline ?? (isWatching ? startedAt + Self.renewInterval : nil)
  }

  package mutating func nextDatagram(
    at now: MonotonicTime
  ) -> (bytes: [UInt8], to: PathAddress)? {
    if isWatching, query?.nextDeadline == nil, startedAt + Self.renewInterval <= now {
      startedAt = now
      host = Self.find(server, port, socket)
      ask(at: now)
      hasNews = query == nil
    }
    let (bytes, asked) = (query?.nextDatagram(at: now), query?.server)
    settle()
    guard let bytes, let asked else { return nil }
    return (bytes, asked)
  }

  package mutating func receive(_ datagram: [UInt8], from source: PathAddress) {
    query?.receive(datagram, from: source)
    settle()
  }

  private mutating func settle() {
    guard let answer = query?.answer else { return }
    query = nil
    hasAnswered = true
    hasNews = true
    // Silence later on says nothing of the address: the server may be away.
    if case .seen(let address) = answer { reflexive = address }
  }
}

extension Candidate {
  package init(_ address: PathAddress, _ kind: Kind) {
    self.init(kind, high: address.high, low: address.low, port: address.port)
  }
}

/// A place at the server's relay.
package struct RelayPlace: Hashable, Sendable {
  package var address: PathAddress
  package var token: TransferToken

  package init(address: PathAddress, token: TransferToken) {
    self.address = address
    self.token = token
  }
}
