import ConfabDomain
import OrderedCollections
import Primitives

// Who and what there is.
extension Hub {
  mutating func routeLists(_ request: Request, _ caller: Caller) throws(Rejection) {
    let actor = try actor(caller)
    switch request {
    case .subscribe(let presence, let canReceiveFiles):
      try subscribe(caller, presence: presence, canReceiveFiles: canReceiveFiles)
    case .listChannels(let notJoined, let after):
      try listChannels(caller, notJoined: notJoined, after: after)
    case .listMembers(let channel, let after): try listMembers(caller, channel, after: after)
    case .who(let after): listActive(caller, after: after)
    case .readDevices(let name):
      let account = try state.account(typed: name)
      let devices = account.devices.compactMap { state.devices[$0] }
      reply(caller, .devices(name: account.name.text, devices))
      log(caller, "read devices", account.name.text)
    case .listSessions:
      let account = try state.person(actor)
      reply(caller, .sessions(account.sessions.compactMap { sessionView($0, caller) }))
      log(caller, "listed sessions")
    case .revokeSession(let session):
      try execute(RevokeSession(session: session), by: actor)
      reply(caller, .done)
      log(caller, "ended a session", "\(session)")
    default: break
    }
  }

  /// From here on the connection hears everything, in the order of the journal.
  private mutating func subscribe(
    _ caller: Caller, presence: Bool, canReceiveFiles: Bool
  ) throws(Rejection) {
    let account = try state.person(try actor(caller))
    hold(.beginTelling(caller.connection))
    if !isOutside(account.id) {
      for channel in account.channels { hold(.subscribe(caller.connection, channel)) }
    }
    // Who else is on the server is none of a guest's business.
    if presence, account.role != .guest {
      connections[caller.connection]?.watchesPresence = true
      hold(.watchPresence(caller.connection))
    }
    becomeActive(
      caller.connection, account.id,
      canReceiveFiles: canReceiveFiles && device(of: caller.connection) != nil)
    reply(caller, .done)
    tellFileOffers(to: caller.connection, of: account.id)
    tellMeetings(to: caller.connection, of: account.id)
  }

  private mutating func listChannels(
    _ caller: Caller, notJoined: Bool, after: ChannelID
  ) throws(Rejection) {
    let account = try state.person(try actor(caller))
    var ids = account.channels.filter { $0 > after }
    if notJoined {
      for channel in state.channels.values
      where channel.id > after && channel.kind == .publicRoom && !channel.isClosed
        && channel.members[account.id] == nil
      { ids.append(channel.id) }
    }
    ids.sort()
    let page = ids.prefix(HubLimits.pageEntriesMax)
    reply(
      caller,
      .channels(
        page.compactMap { state.channels[$0] }.map { view(of: $0, for: account.id) },
        more: ids.count > page.count))
    log(caller, "listed rooms")
  }

  private mutating func listMembers(
    _ caller: Caller, _ reference: ChannelReference, after: String
  ) throws(Rejection) {
    let actor = try actor(caller)
    let channel =
      actor == .operator
      ? try state.openRoom(reference, for: actor) : try state.readable(reference, by: actor).0
    let members = channel.members.keys.compactMap { state.accounts[$0] }
    let (page, more) = Self.page(members, after: after)
    reply(
      caller,
      .members(
        page.map {
          MemberView(
            name: $0.name.text, isOwner: channel.owner == $0.id,
            isActive: person($0.id) != nil)
        }, more: more))
    log(caller, "listed members", state.label(of: channel, for: actor.account))
  }

  private mutating func listActive(_ caller: Caller, after: String) {
    // Who asks is there, though a verb that only asks is no news to others.
    let asker = connections[caller.connection]?.account
    var active = activeAccounts.compactMap { state.accounts[$0] }
    if let asker, person(asker) == nil, let account = state.accounts[asker] {
      active.append(account)
    }
    let (page, more) = Self.page(active, after: after)
    let people = page.map { account in
      let person = person(account.id)
      return PresenceView(
        name: account.name.text, isActive: true, since: person?.since ?? now.wall,
        address: person?.address ?? caller.address,
        canReceiveFiles: person?.canReceiveFiles ?? false)
    }
    reply(caller, .people(people, more: more))
    log(caller, "asked who is active")
  }

  /// The accounts that come after a name, in the order of their names.
  static func page(_ accounts: [Account], after: String) -> (ArraySlice<Account>, more: Bool) {
    let folded = after.lowercased()
    // Only as many as a page holds, and one, are kept in order: all may be a hundred thousand.
    var page: [Account] = []
    for account in accounts where account.name.folded > folded {
      let name = account.name.folded
      if page.count > HubLimits.pageEntriesMax {
        guard let last = page.last, name < last.name.folded else { continue }
        page.removeLast()
      }
      page.insert(account, at: page.firstIndex { name < $0.name.folded } ?? page.endIndex)
    }
    return (page.prefix(HubLimits.pageEntriesMax), page.count > HubLimits.pageEntriesMax)
  }

  func sessionView(_ id: SessionID, _ caller: Caller) -> SessionView? {
    guard let session = state.sessions[id] else { return nil }
    let connected = connectionsByAccount[session.account] ?? []
    return SessionView(
      id: id, name: state.name(of: session.account),
      deviceName: session.device.flatMap { state.devices[$0]?.keys.name } ?? "",
      address: session.address, openedAt: session.openedAt,
      isCurrent: connections[caller.connection]?.session == id,
      isActive: connected.contains {
        connections[$0]?.session == id && connections[$0]?.isSubscribed == true
      })
  }
}
