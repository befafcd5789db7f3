import OrderedCollections
package import Primitives

/// The rules of passwords, checked before anything is hashed.
package enum PasswordRule {
  /// - Parameter isImported: from an old credentials file, where a short one is taken.
  package static func check(
    byteCount: Int, isImported: Bool = false
  ) throws(Rejection) {
    let least = isImported ? 1 : Limits.passwordBytesMin
    guard (least...Limits.passwordBytesMax).contains(byteCount) else {
      throw Rejection(
        .passwordUnfit,
        "A password has \(Limits.passwordBytesMin) to \(Limits.passwordBytesMax) bytes; "
          + "this one has \(byteCount).")
    }
  }
}

/// How somebody comes to an account.
package enum Admission: Hashable, Sendable {
  /// Made by an owner or the operator.
  case byAdministrator(Role)
  /// By a link that was given to them.
  case byInvitation(InvitationID)
  /// The place is open to everybody.
  case openRegistration
}

/// Makes an account with a password that has been hashed already.
package struct AddAccount: Command {
  package var name: String
  package var password: PasswordHash
  package var admission: Admission

  package init(name: String, password: PasswordHash, admission: Admission) {
    self.name = name
    self.password = password
    self.admission = admission
  }

  /// What can be refused before the password is hashed, which is the costly part.
  package static func precheck(name: String, in state: PlaceState) throws(Rejection) -> Name {
    let name = try Name(name)
    guard !name.looksLikeGuest else {
      throw Rejection(
        .nameInvalid, "A name that ends in \(Name.guestMark) is a guest's. Choose another one.")
    }
    guard state.account(named: name) == nil else {
      throw Rejection(.nameTaken, "The name \(name) is taken. Choose another one.")
    }
    guard state.accounts.count < Limits.accountsMax else {
      throw Rejection(.placeFull, "This server holds at most \(Limits.accountsMax) accounts.")
    }
    return name
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let name = try Self.precheck(name: name, in: state)
    var role = Role.member
    var used: InvitationID?
    switch admission {
    case .byAdministrator(let given):
      try state.requireAdministrator(actor)
      role = given
    case .byInvitation(let id):
      guard let invitation = state.invitations[id], state.isGood(invitation, at: time),
        invitation.role != .guest
      else {
        throw PlaceState.invitationRefusal
      }
      role = invitation.role
      used = id
    case .openRegistration: break
    }
    return [
      .accountCreated(
        NewAccount(
          id: state.nextAccount, name: name, role: role, password: password, invitation: used))
    ]
  }
}

extension PlaceState {
  package static let invitationRefusal = Rejection(
    .invitationInvalid,
    "This invitation is unknown, used up or out of date. Ask for a new one.")

  /// The first owner's invitation dies with the first owner, however that one was made.
  package func isGood(_ invitation: Invitation, at time: WallTime) -> Bool {
    guard invitation.isGood(at: time) else { return false }
    return invitation.expiresAt != nil || invitation.role != .owner || !hasHadOwner
  }

  private var hasHadOwner: Bool { accounts.values.contains { $0.role == .owner } }
}
