import ConfabDomain
import Crypto
import OrderedCollections
import Primitives

// For owners and the operator.
extension Hub {
  mutating func routeAdministration(_ request: Request, _ caller: Caller) throws(Rejection) {
    let actor = try actor(caller)
    try state.requireAdministrator(actor)
    switch request {
    case .addAccount(let name, let role, let password, let isImported):
      try PasswordRule.check(byteCount: password.bytes.count, isImported: isImported)
      _ = try AddAccount.precheck(name: name, in: state)
      try requireJournal()
      let ticket = ask(.addAccount(caller, name: name, role))
      effects.append(.hashPassword(ticket, password))
    case .resetPassword(let name, let password):
      try PasswordRule.check(byteCount: password.bytes.count)
      let account = try state.account(typed: name)
      try requireJournal()
      let ticket = ask(.setPassword(caller, account.id, keeping: nil))
      effects.append(.hashPassword(ticket, password))
    case .setAccount(let name, let action): try setAccount(caller, actor, name, action)
    case .createInvitation(let uses, let expiresIn):
      try invite(caller, actor, uses: uses, expiresIn: expiresIn)
    case .revokeInvitation(let id):
      try execute(RevokeInvitation(invitation: id), by: actor)
      reply(caller, .done)
      log(caller, "took back an invitation", "\(id)")
    case .listAccounts, .listAllRooms, .listAllSessions, .listInvitations: listAll(request, caller)
    default: try readAll(request, caller, actor)
    }
  }

  private mutating func setAccount(
    _ caller: Caller, _ actor: Actor, _ name: String, _ action: AccountAction
  ) throws(Rejection) {
    switch action {
    case .disable: try execute(DisableAccount(name: name), by: actor)
    case .enable: try execute(EnableAccount(name: name), by: actor)
    case .unlock: try execute(UnlockAccount(name: name), by: actor)
    case .signOut: try execute(SignOutEverywhere(name: name), by: actor)
    case .makeOwner: try execute(SetRole(name: name, role: .owner), by: actor)
    case .makeMember: try execute(SetRole(name: name, role: .member), by: actor)
    }
    reply(caller, .done)
    log(caller, "changed an account", "\(name): \(action)")
  }

  private mutating func invite(
    _ caller: Caller, _ actor: Actor, uses: UInt32, expiresIn: Duration?
  ) throws(Rejection) {
    let secret = randomBytes(count: Self.invitationBytes)
    let made = try execute(
      CreateInvitation(
        secretHash: Array(SHA256.hash(data: secret)), uses: uses == 0 ? 1 : uses,
        expiresIn: expiresIn ?? Periods.invitation),
      by: actor)
    guard case .invitationCreated(let new)? = made.first?.event.body else { return }
    reply(caller, .invitation(secret: Secret(secret), expiresAt: new.expiresAt))
    log(caller, "made an invitation", "\(new.id)")
  }

  /// 128 bits in a link that a person may have to read out.
  static let invitationBytes = 16

  private mutating func listAll(_ request: Request, _ caller: Caller) {
    switch request {
    case .listAccounts(let after):
      // A guest who has gone is nobody's account any more.
      let accounts = state.accounts.values.filter { $0.role != .guest || !$0.isDisabled }
      let (page, more) = Self.page(accounts, after: after)
      reply(
        caller,
        .accounts(
          page.map { account in
            AccountView(
              name: account.name.text, role: account.role, isDisabled: account.isDisabled,
              lockedUntil: lockedUntil(account),
              createdAt: account.createdAt, isActive: person(account.id) != nil)
          }, more: more))
    case .listAllRooms(let after):
      let rooms = state.channels.values.filter { $0.kind != .direct && $0.id > after }
      let page = rooms.prefix(HubLimits.pageEntriesMax)
      reply(
        caller,
        .channels(page.map { view(of: $0, for: nil) }, more: rooms.count > page.count))
    case .listAllSessions(let after):
      let ids = state.sessions.keys.filter { $0 > after }.prefix(HubLimits.pageEntriesMax)
      reply(caller, .sessions(ids.compactMap { sessionView($0, caller) }))
    case .listInvitations(let after): listInvitations(after: after, caller)
    default: break
    }
    log(caller, "listed everything")
  }

  private mutating func listInvitations(after: InvitationID, _ caller: Caller) {
    let open = state.invitations.values.filter { $0.id > after && state.isGood($0, at: now.wall) }
    let page = open.prefix(HubLimits.pageEntriesMax)
    reply(
      caller,
      .invitations(
        page.map { invitation in
          InvitationView(
            id: invitation.id, role: invitation.role, usesLeft: invitation.usesLeft,
            expiresAt: invitation.expiresAt,
            by: invitation.by.flatMap { state.accounts[$0]?.name.text } ?? "",
            label: invitation.channel.flatMap { state.channels[$0] }
              .map { state.label(of: $0, for: nil) } ?? "")
        }, more: open.count > page.count))
  }

  /// Of the account or of a device that it has signed in from, whichever lasts longer.
  private func lockedUntil(_ account: Account) -> WallTime? {
    let failures = [account.failures] + account.devices.compactMap { state.devices[$0]?.failures }
    return failures.compactMap { $0.lockoutLeft(at: now.wall) }.max().map { now.wall + $0 }
  }

  private mutating func readAll(
    _ request: Request, _ caller: Caller, _ actor: Actor
  ) throws(Rejection) {
    let read: Read
    switch request {
    case .readAudit(var query):
      query.limit = Self.page(query.limit)
      read = .audit(query)
    case .verifyAudit: read = .verifyAudit
    case .readDiskUse: read = .diskUse
    case .openArchive(let kind):
      // Everything leaves the server with it, so it stands in the audit.
      try requireJournal()
      commit([.noted(kind == .backup ? "backup" : "export \(kind)")], by: actor.account)
      log(caller, "made an archive", "\(kind)")
      read = .openArchive(kind)
    case .readArchive(let archive, let file, let offset):
      read = .readArchive(archive: archive, file: file, offset: offset)
    default: return
    }
    hold(.read(caller.connection, request: caller.request, read))
  }
}
