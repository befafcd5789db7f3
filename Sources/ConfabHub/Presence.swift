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
    /// Whose last connection was lost; ending it ends the linger.
    var lingerSession: SessionID?
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
    people[account]?.lingerSession = nil
    return false
  }

  /// A connection of the session is no more. Returns the person when that made them inactive.
  mutating func leave(
    _ account: AccountID, _ session: SessionID?, signedOut: Bool, at now: Now
  ) -> Person? {
    guard var person = people[account] else { return nil }
    person.connections -= 1
    if person.connections > 0 {
      people[account] = person
      return nil
    }
    if signedOut {
      people[account] = nil
      return person
    }
    let until = now.monotonic + HubLimits.presenceLinger
    person.lingerUntil = until
    person.lingerSession = session
    people[account] = person
    lingering[account] = nil
    lingering[account] = until
    return nil
  }

  /// Returns who lingered since a connection of the session was lost, if anybody, and ends that.
  mutating func endLinger(of session: SessionID) -> (AccountID, Person)? {
    for account in lingering.keys {
      guard let person = people[account], person.lingerSession == session else { continue }
      lingering[account] = nil
      people[account] = nil
      return (account, person)
    }
    return nil
  }

  /// Those whose linger is over.
  mutating func expire(at now: Now) -> [(AccountID, Person)] {
    let over = lingering.elements.prefix { $0.value <= now.monotonic }.map(\.key)
    guard !over.isEmpty else { return [] }
    lingering.removeFirst(over.count)
    return over.compactMap { account in people.removeValue(forKey: account).map { (account, $0) } }
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
    if let gone = presence.leave(account, connection.session, signedOut: signedOut, at: now) {
      holdPresence(of: account, isActive: false, gone)
    }
  }

  mutating func becomeActive(_ id: ConnectionID, _ account: AccountID) {
    let address = connections[id]?.peer.address ?? ""
    guard presence.arrive(account, from: address, at: now),
      let person = presence.people[account]
    else { return }
    holdPresence(of: account, isActive: true, person)
  }

  /// A session that is over does not linger either.
  mutating func endLinger(of session: SessionID) {
    guard let (account, person) = presence.endLinger(of: session) else { return }
    holdPresence(of: account, isActive: false, person)
  }

  mutating func expirePresence() {
    for (account, person) in presence.expire(at: now) {
      holdPresence(of: account, isActive: false, person)
    }
  }

  /// What was to be told of somebody was lost; how it stands now is told instead.
  mutating func retellPresence(of account: AccountID) {
    let person = presence.people[account]
    holdPresence(
      of: account, isActive: person != nil,
      person ?? Presence.Person(since: now.wall, address: "", connections: 0))
  }

  private mutating func holdPresence(
    of account: AccountID, isActive: Bool, _ person: Presence.Person
  ) {
    // Nothing that is told now may name an account that the journal does not have.
    guard !isReloading else {
      untoldPresence.append(account)
      return
    }
    guard let name = state.accounts[account]?.name.text else { return }
    hold(
      .tellPresence(
        PresenceView(
          name: name, isActive: isActive, since: person.since, address: person.address)))
    hold(
      .log(
        LogLine(
          who: name, what: isActive ? "became active" : "left", detail: "",
          address: person.address)))
  }
}
