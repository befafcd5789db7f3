import ConfabDomain
import OrderedCollections
import Primitives

/// Who is active: subscribed by at least one connection, or until a moment ago.
struct Presence: Sendable {
  struct Person: Sendable {
    let since: WallTime
    var address: String
    var connections: Int
    /// Connections, of these, that can receive files.
    var receivers = 0
    /// Set while no connection is left: until then the person may come back unnoticed.
    var lingerUntil: MonotonicTime?
    /// Whose last connection was lost; ending it ends the linger.
    var lingerSession: SessionID?

    /// As it was when the last connection was lost, for as long as that is no news.
    var canReceiveFiles: Bool { receivers > 0 }
  }

  private(set) var people: OrderedDictionary<AccountID, Person> = [:]
  /// Those who linger, in the order in which it ends.
  private var lingering: OrderedDictionary<AccountID, MonotonicTime> = [:]

  var nextDeadline: MonotonicTime? { lingering.values.first }

  /// True when that is news: the person was not active before, or could not receive files, or could.
  mutating func arrive(
    _ account: AccountID, from address: String, canReceiveFiles: Bool, at now: Now
  ) -> Bool {
    lingering[account] = nil
    guard var person = people[account] else {
      people[account] = Person(
        since: now.wall, address: address, connections: 1, receivers: canReceiveFiles ? 1 : 0)
      return true
    }
    let could = person.canReceiveFiles
    if person.connections == 0 { person.receivers = 0 }
    person.connections += 1
    person.receivers += canReceiveFiles ? 1 : 0
    person.address = address
    person.lingerUntil = nil
    person.lingerSession = nil
    people[account] = person
    return person.canReceiveFiles != could
  }

  /// What leaving changed, if anything.
  enum Departure {
    case unnoticed
    /// Still active, but not with a device that can receive files.
    case receivesNoMore(Person)
    case left(Person)
  }

  /// A connection of the session is no more.
  mutating func leave(
    _ account: AccountID, _ session: SessionID?, canReceiveFiles: Bool, signedOut: Bool, at now: Now
  ) -> Departure {
    guard var person = people[account] else { return .unnoticed }
    person.connections -= 1
    if person.connections > 0 {
      person.receivers -= canReceiveFiles ? 1 : 0
      people[account] = person
      return canReceiveFiles && !person.canReceiveFiles ? .receivesNoMore(person) : .unnoticed
    }
    if signedOut {
      people[account] = nil
      return .left(person)
    }
    let until = now.monotonic + HubLimits.presenceLinger
    person.lingerUntil = until
    person.lingerSession = session
    people[account] = person
    lingering[account] = nil
    lingering[account] = until
    return .unnoticed
  }

  /// A connection that was counted already can now receive files, or cannot any more. Returns the
  /// person when that is news.
  mutating func change(_ account: AccountID, canReceiveFiles: Bool) -> Person? {
    guard var person = people[account] else { return nil }
    let could = person.canReceiveFiles
    person.receivers += canReceiveFiles ? 1 : -1
    people[account] = person
    return person.canReceiveFiles != could ? person : nil
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
    loseFileOffers(of: id)
    loseMeetings(of: id)
    let account = connections[id]?.account
    connections[id] = nil
    guestMayBeGone(account)
  }

  /// Takes the person off a connection that goes on or is closed soon.
  mutating func signOff(_ id: ConnectionID) {
    leave(id, signedOut: true)
    endFileOffers(of: id)
    endMeetings(of: id)
    connections[id]?.account = nil
    connections[id]?.session = nil
    connections[id]?.isSubscribed = false
    connections[id]?.canReceiveFiles = false
  }

  private mutating func leave(_ id: ConnectionID, signedOut: Bool) {
    guard let connection = connections[id], let account = connection.account else { return }
    connectionsByAccount[account]?.remove(id)
    if connectionsByAccount[account]?.isEmpty == true { connectionsByAccount[account] = nil }
    guard connection.isSubscribed else { return }
    switch presence.leave(
      account, connection.session, canReceiveFiles: connection.canReceiveFiles,
      signedOut: signedOut, at: now)
    {
    case .unnoticed: break
    case .receivesNoMore(let person): tellPresence(of: account, isActive: true, person)
    case .left(let gone): holdPresence(of: account, isActive: false, gone)
    }
  }

  /// The connection subscribes, for the first time or again.
  mutating func becomeActive(_ id: ConnectionID, _ account: AccountID, canReceiveFiles: Bool) {
    guard let connection = connections[id] else { return }
    connections[id]?.isSubscribed = true
    connections[id]?.canReceiveFiles = canReceiveFiles
    if connection.isSubscribed {
      guard connection.canReceiveFiles != canReceiveFiles,
        let person = presence.change(account, canReceiveFiles: canReceiveFiles)
      else { return }
      return tellPresence(of: account, isActive: true, person)
    }
    let wasActive = presence.people[account] != nil
    guard
      presence.arrive(
        account, from: connection.peer.address, canReceiveFiles: canReceiveFiles, at: now),
      let person = presence.people[account]
    else { return }
    if wasActive {
      tellPresence(of: account, isActive: true, person)
    } else {
      holdPresence(of: account, isActive: true, person)
    }
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
    let person = person(account)
    holdPresence(
      of: account, isActive: person != nil,
      person ?? Presence.Person(since: now.wall, address: "", connections: 0))
  }

  mutating func tellPresence(
    of account: AccountID, isActive: Bool, _ person: Presence.Person
  ) {
    // Nothing that is told now may name an account that the journal does not have.
    guard !isReloading else {
      untoldPresence.append(account)
      return
    }
    guard let name = state.accounts[account]?.name.text else { return }
    // Who leaves this server may be active at another one.
    let elsewhere = isActive ? nil : nodes.person(account)
    let (isActive, person) = elsewhere.map { (true, $0) } ?? (isActive, person)
    hold(
      .tellPresence(
        PresenceView(
          name: name, isActive: isActive, since: person.since, address: person.address,
          canReceiveFiles: isActive && person.canReceiveFiles)))
  }

  private mutating func holdPresence(
    of account: AccountID, isActive: Bool, _ person: Presence.Person
  ) {
    tellPresence(of: account, isActive: isActive, person)
    guard !isReloading, let name = state.accounts[account]?.name.text else { return }
    hold(
      .log(
        LogLine(
          who: name, what: isActive ? "became active" : "left", detail: "",
          address: person.address)))
  }
}
