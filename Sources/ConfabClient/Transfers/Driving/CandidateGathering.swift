import ConfabNetwork
package import ConfabTransfer
package import Primitives

/// Finds out at which addresses one socket may be reached: the machine's own, and the one that the
/// server sees.
package struct CandidateGathering {
  private var host: [PathAddress]
  private var query: ReflexiveQuery?

  /// - Parameter server: nil when there is none to ask.
  package init(
    server: PathAddress?, port: UInt16, socket: UInt8, at now: MonotonicTime
  ) {
    // On a machine that has only itself, its own addresses are the only ones.
    host = LocalAddresses.find(
      port: port, localSocket: socket, includesLoopback: server?.isLoopback ?? true)
    var random = SystemRandomNumberGenerator()
    query = server.map {
      var address = $0
      address.localSocket = socket
      return ReflexiveQuery(address, at: now, using: &random)
    }
  }

  /// False when nobody answered: UDP does not get through to the server.
  package var reachesServer: Bool? {
    guard let query else { return nil }
    return query.answer.map { $0 != .silence }
  }

  package var isFinished: Bool { query == nil || query?.answer != nil }

  /// As far as they are known; the likeliest first.
  package var candidates: [Candidate] {
    var found = host.map { Candidate($0, .host) }
    if case .seen(let address)? = query?.answer, !host.contains(address) {
      found.append(Candidate(address, .reflexive))
    }
    return Array(found.prefix(OfferLimits.candidatesMax))
  }

  package var nextDeadline: MonotonicTime? { query?.nextDeadline }

  package mutating func nextDatagram(
    at now: MonotonicTime
  ) -> (bytes: [UInt8], to: PathAddress)? {
    guard let bytes = query?.nextDatagram(at: now), let server = query?.server else { return nil }
    return (bytes, server)
  }

  package mutating func receive(_ datagram: [UInt8], from source: PathAddress) {
    query?.receive(datagram, from: source)
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
