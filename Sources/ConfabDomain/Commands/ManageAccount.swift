import OrderedCollections
package import Primitives

/// Shuts an account out and ends its sessions.
package struct DisableAccount: Command {
  package var name: String

  package init(name: String) { self.name = name }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    try state.requireAdministrator(actor)
    let account = try state.account(typed: name)
    guard account.id != actor.account else {
      throw Rejection(.requestInvalid, "You cannot disable yourself.")
    }
    guard !account.isDisabled else { return [] }
    if account.role == .guest, let channel = account.channels.first {
      return state.farewell(to: account, in: channel)
    }
    return [.accountDisabled(account.id)]
      + account.sessions.map { .sessionClosed($0, .accountDisabled) }
  }
}

package struct EnableAccount: Command {
  package var name: String

  package init(name: String) { self.name = name }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    try state.requireAdministrator(actor)
    let account = try state.account(typed: name)
    return account.isDisabled ? [.accountEnabled(account.id)] : []
  }
}

/// Ends a lockout and forgets the failures before it.
package struct UnlockAccount: Command {
  package var name: String

  package init(name: String) { self.name = name }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    try state.requireAdministrator(actor)
    return [.accountUnlocked(try state.account(typed: name).id)]
  }
}

/// Makes an owner of a member, or a member of an owner.
package struct SetRole: Command {
  package var name: String
  package var role: Role

  package init(name: String, role: Role) {
    self.name = name
    self.role = role
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    try state.requireAdministrator(actor)
    let account = try state.account(typed: name)
    guard account.role != .guest, role != .guest else {
      throw Rejection(.guestsMayNot, "Guests of a meeting are neither members nor owners.")
    }
    guard account.role != role else { return [] }
    let isNeeded =
      account.role == .owner
      && !state.accounts.values.contains {
        $0.role == .owner && !$0.isDisabled && $0.id != account.id
      }
    guard !isNeeded else {
      throw Rejection(.requestInvalid, "\(account.name) is the last owner. Make another one first.")
    }
    return [.roleChanged(account.id, role)]
  }
}

/// Ends every session of somebody.
package struct SignOutEverywhere: Command {
  package var name: String

  package init(name: String) { self.name = name }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    try state.requireAdministrator(actor)
    return try state.account(typed: name).sessions.map { .sessionClosed($0, .ended) }
  }
}

/// Sets a new password, hashed already, and ends the sessions that the old one opened.
package struct SetPassword: Command {
  package var account: AccountID
  package var password: PasswordHash
  /// The session that goes on: the one that asks.
  package var keeping: SessionID?

  package init(account: AccountID, password: PasswordHash, keeping: SessionID?) {
    self.account = account
    self.password = password
    self.keeping = keeping
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    if actor.account != account { try state.requireAdministrator(actor) }
    guard let account = state.accounts[account] else {
      throw Rejection(.accountUnknown, "This account is gone.")
    }
    guard account.role != .guest else {
      throw Rejection(.guestsMayNot, "Guests of a meeting have no password.")
    }
    return [.passwordChanged(account.id, password)]
      + account.sessions.filter { $0 != keeping }.map { .sessionClosed($0, .passwordChanged) }
  }
}

/// Ends one of one's own sessions, or as an administrator anybody's.
package struct RevokeSession: Command {
  package var session: SessionID

  package init(session: SessionID) { self.session = session }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let unknown = Rejection(.sessionUnknown, "There is no open session \(session).")
    guard let found = state.sessions[session] else { throw unknown }
    if found.account == actor.account { return [.sessionClosed(session, .revoked)] }
    do {
      try state.requireAdministrator(actor)
    } catch {
      // Whose numbers are in use is nobody else's matter.
      throw unknown
    }
    return [.sessionClosed(session, .ended)]
  }
}

/// Makes an invitation; the secret itself never reaches the state.
package struct CreateInvitation: Command {
  package var secretHash: [UInt8]
  package var uses: UInt32
  package var expiresIn: Duration

  package init(secretHash: [UInt8], uses: UInt32, expiresIn: Duration) {
    self.secretHash = secretHash
    self.uses = uses
    self.expiresIn = expiresIn
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    try state.requireAdministrator(actor)
    guard (1...Limits.invitationUsesMax).contains(uses), expiresIn > .zero,
      expiresIn <= Periods.invitationMax
    else {
      throw Rejection(
        .requestInvalid,
        "An invitation is good for 1 to \(Limits.invitationUsesMax) uses and at most ten years.")
    }
    try state.requirePlaceForInvitation(at: time)
    return [
      .invitationCreated(
        NewInvitation(
          id: state.nextInvitation, secretHash: secretHash, role: .member, uses: uses,
          expiresAt: time + expiresIn))
    ]
  }
}

/// Takes an invitation back; who came by it stays.
package struct RevokeInvitation: Command {
  package var invitation: InvitationID

  package init(invitation: InvitationID) { self.invitation = invitation }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    try state.requireAdministrator(actor)
    guard state.invitations[invitation] != nil else {
      throw Rejection(.invitationInvalid, "There is no open invitation \(invitation).")
    }
    return [.invitationRevoked(invitation)]
  }
}

extension PlaceState {
  /// Those out of date make place by themselves.
  func requirePlaceForInvitation(at time: WallTime) throws(Rejection) {
    guard
      invitations.count < Limits.invitationsMax
        || invitations.values.contains(where: { !$0.isGood(at: time) })
    else {
      throw Rejection(.placeFull, "There are \(Limits.invitationsMax) open invitations already.")
    }
  }
}
