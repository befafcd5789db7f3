import ConfabNetwork
import ConfabWire
import Synchronization

/// Servers of one place besides the one that a person signed in at. Copies of a `Dialer` share it.
package final class OtherServers: Sendable {
  private struct State {
    var destinations: [Destination]
    /// The one that answered last goes first.
    var latest: Destination?
  }

  private let state: Mutex<State>
  private let learned: @Sendable ([KnownNode]) -> Void

  /// A place of more servers than this is none of ours.
  static let serversMax = 64

  /// - Parameter learned: gets the servers when they are others than before.
  package init(_ known: [KnownNode], learned: @escaping @Sendable ([KnownNode]) -> Void = { _ in })
  {
    state = Mutex(State(destinations: known.compactMap(\.destination)))
    self.learned = learned
  }

  /// The same servers for who begins at another of them, and remembers nothing for the next time.
  func beginning(at first: Destination, besides old: Destination) -> OtherServers {
    let others = OtherServers([])
    let known = all(with: old).filter { $0 != first }
    others.state.withLock { $0.destinations = known }
    return others
  }

  /// In the order in which to try them.
  func all(with first: Destination) -> [Destination] {
    state.withLock { state in
      let rest = [first] + state.destinations.filter { $0 != first }
      guard let latest = state.latest, rest.contains(latest) else { return rest }
      return [latest] + rest.filter { $0 != latest }
    }
  }

  /// Takes in what a server told when it answered.
  func answered(_ destination: Destination, _ others: [WireServerAddress], first: Destination) {
    var nodes = others.prefix(Self.serversMax).map {
      KnownNode(address: $0.address, pin: $0.pin.isEmpty ? nil : $0.pin)
    }
    // Of itself a server says nothing.
    if destination != first, let here = KnownNode(destination) { nodes.append(here) }
    let destinations = nodes.compactMap(\.destination).filter { $0 != first }
    let isNews = state.withLock { state in
      state.latest = destination
      // Who serves alone at this moment may have been left by others that come back.
      guard !others.isEmpty, Set(state.destinations) != Set(destinations) else { return false }
      state.destinations = destinations
      return true
    }
    if isNews { learned(destinations.compactMap { KnownNode($0) }) }
  }
}

/// A server of the place, as a profile remembers it.
package struct KnownNode: Hashable, Sendable, Codable {
  package var address: String
  package var pin: String?

  package init(address: String, pin: String?) {
    self.address = address
    self.pin = pin
  }

  init?(_ destination: Destination) {
    guard case .network(let address, let pin) = destination else { return nil }
    self.init(address: "\(address)", pin: pin?.text)
  }

  /// Nil when it makes no sense.
  var destination: Destination? {
    guard let address = HostPort(address) else { return nil }
    guard let pin else { return .network(address, pin: nil) }
    return CertificatePin(pin).map { .network(address, pin: $0) }
  }
}
