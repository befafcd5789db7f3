import ConfabHub
import OrderedCollections
import Primitives

/// Connections: in each direction bytes come in order and late; between connections in any order.
struct Network {
  struct Direction {
    /// On their way.
    var chunks: [[UInt8]] = []
    /// Nothing may overtake what was sent before.
    var latestArrival = MonotonicTime(nanoseconds: 0)
  }

  struct Link {
    let client: Int
    var toServer = Direction()
    var toClient = Direction()
    /// The server has hung up: what is on its way still comes.
    var isEnding = false
  }

  private(set) var links: OrderedDictionary<ConnectionID, Link> = [:]
  private var nextLink: UInt64 = 1

  mutating func open(by client: Int) -> ConnectionID {
    defer { nextLink += 1 }
    links[ConnectionID(nextLink)] = Link(client: client)
    return ConnectionID(nextLink)
  }

  mutating func close(_ id: ConnectionID) { links[id] = nil }

  mutating func end(_ id: ConnectionID) { links[id]?.isEnding = true }

  /// Returns when the bytes arrive; nil when there is no such connection any more.
  mutating func send(
    _ bytes: [UInt8], on id: ConnectionID, _ direction: WritableKeyPath<Link, Direction>,
    at: MonotonicTime
  ) -> MonotonicTime? {
    guard links[id] != nil else { return nil }
    let arrival = max(at, links[id]?[keyPath: direction].latestArrival ?? at)
    links[id]?[keyPath: direction].latestArrival = arrival
    links[id]?[keyPath: direction].chunks.append(bytes)
    return arrival
  }

  /// The next bytes that arrive; nil when the connection broke meanwhile.
  mutating func receive(
    on id: ConnectionID, _ direction: WritableKeyPath<Link, Direction>
  ) -> [UInt8]? {
    guard let link = links[id], !link[keyPath: direction].chunks.isEmpty else { return nil }
    return links[id]?[keyPath: direction].chunks.removeFirst()
  }
}
