import ConfabDomain
import OrderedCollections
import Primitives

/// Who is active: subscribed by at least one connection, or until a moment ago.
struct Presence: Sendable {
  struct Person: Sendable {
    let since: WallTime
    var address: String
    var connections: Int
    /// Set while no connection is left: until then the person may come back unnoticed.
    var lingerUntil: MonotonicTime?
  }

  private(set) var people: OrderedDictionary<AccountID, Person> = [:]
  /// Those who linger, in the order in which it ends.
  private var lingering: OrderedDictionary<AccountID, MonotonicTime> = [:]

  var nextDeadline: MonotonicTime? { lingering.values.first }

  /// True when the person was not active before.
  mutating func arrive(_ account: AccountID, from address: String, at now: Now) -> Bool {
    lingering[account] = nil
    guard people[account] != nil else {
      people[account] = Person(since: now.wall, address: address, connections: 1)
      return true
    }
    people[account]?.connections += 1
    people[account]?.address = address
    people[account]?.lingerUntil = nil
    return false
  }

  /// True when the person is not active any more.
  mutating func leave(_ account: AccountID, signedOut: Bool, at now: Now) -> Bool {
    guard let person = people[account] else { return false }
    people[account]?.connections -= 1
    guard person.connections <= 1 else { return false }
    if signedOut {
      people[account] = nil
      return true
    }
    let until = now.monotonic + HubLimits.presenceLinger
    people[account]?.lingerUntil = until
    lingering[account] = nil
    lingering[account] = until
    return false
  }

  /// Those whose linger is over.
  mutating func expire(at now: Now) -> [AccountID] {
    var gone: [AccountID] = []
    while let (account, until) = lingering.elements.first, until <= now.monotonic {
      lingering.removeFirst()
      people[account] = nil
      gone.append(account)
    }
    return gone
  }
}

extension Hub {
  mutating func disconnect(_ id: ConnectionID) {
    leave(id, signedOut: false)
    connections[id] = nil
  }

  /// Takes the person off a connection that goes on or is closed soon.
  mutating func signOff(_ id: ConnectionID) {
    leave(id, signedOut: true)
    connections[id]?.account = nil
    connections[id]?.session = nil
    connections[id]?.isSubscribed = false
  }

  private mutating func leave(_ id: ConnectionID, signedOut: Bool) {
    guard let connection = connections[id], let account = connection.account else { return }
    connectionsByAccount[account]?.remove(id)
    if connectionsByAccount[account]?.isEmpty == true { connectionsByAccount[account] = nil }
    guard connection.isSubscribed else { return }
    let person = presence.people[account]
    if presence.leave(account, signedOut: signedOut, at: now), let person {
      holdPresence(of: account, isActive: false, since: person.since, address: person.address)
    }
  }

  mutating func becomeActive(_ id: ConnectionID, _ account: AccountID) {
    let address = connections[id]?.peer.address ?? ""
    if presence.arrive(account, from: address, at: now) {
      holdPresence(of: account, isActive: true, since: now.wall, address: address)
    }
  }

  mutating func expirePresence() {
    for account in presence.expire(at: now) {
      holdPresence(of: account, isActive: false, since: now.wall, address: "")
    }
  }

  private mutating func holdPresence(
    of account: AccountID, isActive: Bool, since: WallTime, address: String
  ) {
    let name = state.name(of: account)
    hold(
      .tellPresence(
        PresenceView(name: name, isActive: isActive, since: since, address: address)))
    hold(
      .log(
        LogLine(
          who: name, what: isActive ? "became active" : "left", detail: "", address: address)))
  }
}
