import ConfabDomain
import Crypto
import OrderedCollections
import Primitives

// Guests: for a link, a name without a password, in one room, until its meeting ends.
extension Hub {
  mutating func inviteGuests(
    _ caller: Caller, _ channel: ChannelReference, uses: UInt32, expiresIn: Duration?
  ) throws(Rejection) {
    let actor = try actor(caller)
    let secret = randomBytes(count: Self.invitationBytes)
    let made = try execute(
      CreateGuestLink(
        channel: channel, secretHash: Array(SHA256.hash(data: secret)),
        uses: uses == 0 ? Limits.guestLinkUses : uses, expiresIn: expiresIn ?? Periods.guestLink),
      by: actor)
    guard case .invitationCreated(let new)? = made.first?.event.body,
      let room = new.channel.flatMap({ state.channels[$0] })
    else { return }
    reply(
      caller,
      .guestLink(
        secret: Secret(secret), path: Self.meetingPath(of: room), expiresAt: new.expiresAt))
    log(caller, "invited guests", "\(new.id) to \(state.label(of: room, for: nil))")
  }

  /// Where the browser finds a channel's meeting.
  private static func meetingPath(of channel: Channel) -> String {
    "/room/\(channel.number.map(String.init) ?? "lobby")/meeting"
  }

  mutating func signInGuest(
    _ caller: Caller, secretHash: [UInt8], name: String
  ) throws(Rejection) {
    try requireJournal()
    try requireUnlimited(caller)
    guard let invitation = state.invitationsBySecret[secretHash] else {
      countAddressFailure(caller)
      throw Rejection(
        .invitationInvalid, "This link is out of date: its meeting has ended. Ask for a new one.")
    }
    // The server's own doing: nobody has signed in yet.
    let made = try execute(WelcomeGuest(invitation: invitation, name: name), by: .operator)
    guard case .accountCreated(let guest)? = made.first?.event.body else { return }
    try openSession(for: guest.id, caller, device: nil)
  }
}
