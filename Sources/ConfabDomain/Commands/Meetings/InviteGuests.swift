import OrderedCollections
package import Primitives

/// Makes a link with which people without an account come to a room's meeting, until it ends.
package struct CreateGuestLink: Command {
  package var channel: ChannelReference
  package var secretHash: [UInt8]
  package var uses: UInt32
  package var expiresIn: Duration

  package init(
    channel: ChannelReference, secretHash: [UInt8], uses: UInt32, expiresIn: Duration
  ) {
    self.channel = channel
    self.secretHash = secretHash
    self.uses = uses
    self.expiresIn = expiresIn
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let channel = try channel(in: state, actor)
    guard (1...Limits.guestLinkUsesMax).contains(uses), expiresIn > .zero,
      expiresIn <= Periods.guestLinkMax
    else {
      throw Rejection(
        .requestInvalid,
        "A guest link is good for 1 to \(Limits.guestLinkUsesMax) people and at most 30 days.")
    }
    try state.requirePlaceForInvitation(at: time)
    return [
      .invitationCreated(
        NewInvitation(
          id: state.nextInvitation, secretHash: secretHash, role: .guest, uses: uses,
          expiresAt: time + expiresIn, channel: channel.id))
    ]
  }

  /// The room's owner and the place's owners; in the lobby the latter alone.
  private func channel(
    in state: PlaceState, _ actor: Actor
  ) throws(Rejection) -> Channel {
    guard case .channel(let found) = try state.target(channel, for: actor), found.kind != .direct
    else { throw Rejection(.notARoom, "Guests come to rooms, and to the lobby.") }
    guard found.kind == .lobby else { return try state.ownedRoom(channel, by: actor) }
    try state.requireAdministrator(actor)
    return found
  }
}

/// Takes somebody in by a guest link, under a name that shows it.
package struct WelcomeGuest: Command {
  package var invitation: InvitationID
  package var name: String

  package init(invitation: InvitationID, name: String) {
    self.invitation = invitation
    self.name = name
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    guard let invitation = state.invitations[invitation], state.isGood(invitation, at: time),
      invitation.role == .guest, let id = invitation.channel, let channel = state.channels[id],
      !channel.isClosed
    else {
      throw Rejection(
        .invitationInvalid, "This link is out of date: its meeting has ended. Ask for a new one.")
    }
    guard state.accounts.count < Limits.accountsMax else {
      throw Rejection(.placeFull, "This server holds at most \(Limits.accountsMax) accounts.")
    }
    try state.requirePlaceForMembers(channel.members.count + 1)
    let guest = NewAccount(
      id: state.nextAccount, name: try freeName(in: state), role: .guest, password: .none,
      invitation: invitation.id)
    return [.accountCreated(guest), .memberJoined(channel.id, guest.id)]
  }

  private func freeName(in state: PlaceState) throws(Rejection) -> Name {
    let typed = try Name.person(name).text
    for number in 1...Limits.guestsOfOneNameMax {
      let suffix = number == 1 ? Name.guestMark : "\(Name.guestMark)-\(number)"
      guard typed.utf8.count + suffix.utf8.count <= Limits.nameBytesMax else { break }
      let name = try Name(typed + suffix)
      if state.account(named: name) == nil { return name }
    }
    throw Rejection(
      .nameTaken, "The name \(typed) is too long or is taken several times. Choose another one.")
  }
}
