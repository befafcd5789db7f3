import ConfabDomain
package import ConfabWire
import Primitives

/// Knows how to reach a server and as whom, and connects as often as it takes.
package struct Dialer: Sendable {
  package var destination: Destination
  /// Nil on the operator's socket.
  package var credentials: Credentials?
  package var device: DeviceIdentity?
  /// Program and release, for the server's log.
  package var client: String
  /// Nil where only the one server will do.
  package var others: OtherServers?

  package init(
    to destination: Destination, credentials: Credentials?, device: DeviceIdentity?,
    client: String, others: OtherServers? = nil
  ) {
    self.destination = destination
    self.credentials = credentials
    self.device = device
    self.client = client
    self.others = others
  }

  /// For another server of the place, with the same session: this one, and the others, are tried when that
  /// one does not answer.
  package func beginning(at server: WireServerAddress) -> Dialer {
    let node = KnownNode(address: server.address, pin: server.pin.isEmpty ? nil : server.pin)
    guard let first = node.destination else { return self }
    var dialer = self
    dialer.others = (others ?? OtherServers([])).beginning(at: first, besides: destination)
    dialer.destination = first
    return dialer
  }

  /// Between attempts of a command that gives up in the end.
  private static let impatientWaitMax: Duration = .seconds(2)

  /// - Parameter early: may ask for things that are not to wait until the connection is there.
  ///   It is called anew for each server that is tried.
  package func dial(
    early: (OpeningConnection) -> Void = { _ in }
  ) async throws -> Connection {
    guard let others else { return try await dial(destination, early) }
    var failure: (any Error)?
    for server in others.all(with: destination) {
      do {
        let connection = try await dial(server, early)
        others.answered(server, connection.signedIn?.others ?? [], first: destination)
        return connection
      } catch  where Self.mayPass(error) || failure != nil {
        // What the one asked says counts, and not what others say who know less.
        failure = failure ?? error
      }
    }
    throw failure ?? ConnectionError.unreachable("\(destination) does not answer.")
  }

  private func dial(
    _ server: Destination, _ early: (OpeningConnection) -> Void
  ) async throws -> Connection {
    try await Connection.open(
      to: server, credentials: credentials, device: device, client: client, early: early)
  }

  /// Tries again until it works, for at most so long.
  package func dial(patience: Duration) async throws -> Connection {
    var backoff = Backoff(seed: .random(in: 0 ... .max))
    let end = ContinuousClock.now + patience
    while true {
      do {
        return try await dial()
      } catch  where Self.mayPass(error) {
        let left = end - ContinuousClock.now
        guard left > .zero else { throw error }
        // Somebody waits for this command: it looks more often than a stream does, and once more at
        // the very end.
        let wait = Self.wait(after: error, min(backoff.next(), Self.impatientWaitMax))
        try await Task.sleep(for: min(wait, left))
      }
    }
  }

  /// Whether another attempt may fare better.
  package static func mayPass(_ error: any Error) -> Bool {
    switch error {
    case let rejection as Rejection: rejection.mayPass
    case ConnectionError.untrusted, ConnectionError.incompatible: false
    case ConnectionError.ended(let rejection): rejection.mayPass
    case is ConnectionError: true
    default: false
    }
  }

  /// What the server asked for, or else what the backoff says.
  package static func wait(after error: any Error, _ backoff: Duration) -> Duration {
    let rejection: Rejection? =
      if case ConnectionError.ended(let reason) = error { reason } else { error as? Rejection }
    return max(rejection?.retryAfter ?? .zero, backoff)
  }
}
