package import ConfabDomain
package import Primitives

/// What the shell must do, in this order.
package enum Effect: Sendable {
  /// Write these after all that were given before; answer with `durable` or `appendFailed`.
  case append([StampedEvent])

  // To one connection.
  case reply(ConnectionID, request: UInt64, Reply)
  case refuse(ConnectionID, request: UInt64, Rejection)
  /// Ask the journal and, if `Hub.stillAllows` it when the answer is there, reply.
  case read(ConnectionID, request: UInt64, Read)
  case notify(ConnectionID, Notice)
  /// The same for each of them.
  case notifyAll([ConnectionID], Notice)
  /// Say goodbye with the reason and close.
  case close(ConnectionID, Rejection)

  // To many: the shell keeps who is subscribed to what, in the order of these effects.
  /// The connection has asked to be told, and fetches what it missed until now: a slow reader is one no
  /// longer.
  case beginTelling(ConnectionID)
  case subscribe(ConnectionID, ChannelID)
  case unsubscribe(ConnectionID, ChannelID)
  case watchPresence(ConnectionID)
  /// Everybody subscribed to the channel hears the event.
  case tell(ChannelID, StampedEvent)
  /// Everybody who watches presence hears it.
  case tellPresence(PresenceView)

  // The relay forwards datagrams between two devices that cannot reach each other.
  case openRelay(RelayGrant)
  case closeRelay(PairingID)

  /// Tell other servers of the place, now or never.
  case tellNodes(NodeMessage)
  /// Wait until what other servers have stored has arrived, and answer with `caughtUp`.
  case catchUp(Ticket)

  /// Meetings' media goes another way; what comes back are `Input.media` reports.
  case media(MediaOrder)

  // Questions; each is answered by the input with its ticket.
  case checkPassword(Ticket, PasswordCheck)
  case hashPassword(Ticket, Secret)
  case lookUp(Ticket, LookUp)
  /// Load the state from the journal and answer with `reloaded`.
  case reload

  /// A line for the server's log: who did what. Never a secret, never a text of a message.
  case log(LogLine)
}

package struct PasswordCheck: Sendable {
  package var password: Secret
  /// Nil for an unknown name: check against a hash made up for that, which costs the same time.
  package var hash: PasswordHash?
  /// To be checked first, when the attempt counts for a device.
  package var proof: DeviceProof?
}

package enum LookUp: Sendable {
  case facts(ChannelID, sequence: UInt64)
  case stored(MessageID)
}

/// A question to the journal that the hub has allowed.
package enum Read: Sendable {
  case messages(MessageQuery, label: String)
  case events(EventQuery)
  case search(SearchQuery, reader: AccountID?)
  case audit(AuditQuery)
  case verifyAudit
  case diskUse
  case openArchive(ArchiveKind)
  case readArchive(archive: UInt64, file: Int, offset: UInt64)
}

package struct LogLine: Sendable {
  package enum Level: Sendable { case info, warning }
  package var level: Level = .info
  /// The account's name, or "operator", or empty before signing in.
  package var who: String
  /// Stable words: "signed in", "made a room".
  package var what: String
  package var detail: String = ""
  package var address: String = ""
}

/// The answer to a request that the hub knows by itself.
package enum Reply: Sendable {
  case done
  case signedIn(SignedInView)
  case sessions([SessionView])
  case channels([ChannelView], more: Bool)
  case channel(ChannelView)
  case members([MemberView], more: Bool)
  case people([PresenceView], more: Bool)
  case sent(SentView)
  case devices(name: String, [Device])
  case accounts([AccountView], more: Bool)
  case invitations([InvitationView], more: Bool)
  /// The secret itself, which the shell turns into links.
  case invitation(secret: Secret, expiresAt: WallTime?)
  case fileStanding(FileStandingView)
  case fileAcceptance(FileAcceptanceView)
  case fileOffers([FileOfferView], more: Bool)
  case meetingJoined(MeetingJoinedView)
  /// Held at another server, where the code lets the person's browser in.
  case meetingElsewhere(MeetingView, Secret, expiresAt: WallTime, NodeAddress)
  case meetingStanding(MeetingStandingView)
  case mediaAnswer(sdp: String)
  /// For the page with this path: "/room/3/meeting".
  case guestLink(secret: Secret, path: String, expiresAt: WallTime?)
  /// For this server, or for the one with the address.
  case signInCode(Secret, expiresAt: WallTime, at: NodeAddress? = nil)
}

/// What a connection is told besides events.
package enum Notice: Sendable {
  case channelChanged(ChannelView)
  case channelGone(ChannelID, label: String)
  case deviceSeen(DeviceKeys, address: String)
  case fileOffered(FileOfferView)
  case fileAnswered(FileAnsweredView)
  case fileWithdrawn(TransferID, FileWithdrawal)
  case fileCandidates(TransferID, PairingID, [UInt8])
  case meetingChanged(MeetingView)
  /// Let in; also the roster anew, after trouble.
  case meetingAdmitted(MeetingID, [ParticipantView])
  case meetingGone(MeetingID, ChannelID, MeetingDeparture, by: String)
  case participantChanged(MeetingID, ParticipantView, by: String)
  case participantLeft(MeetingID, ParticipantID, MeetingDeparture, by: String)
  case speaking(MeetingID, [ParticipantID])
  case mediaOffer(MeetingID, number: UInt32, sdp: String)
  case mediaSlots(MeetingID, [MediaSlot])
  case mediaLost(MeetingID, publishing: Bool, subscribing: Bool)
  case mediaDemand(MeetingID, [TrackDemand])
}

package struct SignedInView: Sendable {
  package var account: AccountID
  package var name: String
  package var role: Role
  package var session: SessionID
  /// Nil when the connection came with a token.
  package var token: Secret?
  /// Other servers of the place, where the session is as good.
  package var others: [NodeAddress] = []
}

package struct SessionView: Sendable {
  package var id: SessionID
  package var name: String
  package var deviceName: String
  package var address: String
  package var openedAt: WallTime
  package var isCurrent: Bool
  package var isActive: Bool
}

/// A channel as one person sees it.
package struct ChannelView: Sendable {
  package var id: ChannelID
  package var label: String
  package var kind: Channel.Kind
  package var number: UInt64?
  package var owner: String
  package var members: Int
  package var sequence: UInt64
  package var position: UInt64
  package var visibleAfterPosition: UInt64
  package var readThrough: UInt64
  package var unread: UInt64
  package var mentions: Int
  package var isJoined: Bool
  package var isClosed: Bool
  package var at: WallTime
}

package struct MemberView: Sendable {
  package var name: String
  package var isOwner: Bool
  package var isActive: Bool
}

package struct PresenceView: Sendable, Hashable {
  package var name: String
  package var isActive: Bool
  package var since: WallTime
  package var address: String
  package var canReceiveFiles = false
}

package struct SentView: Sendable {
  package var channel: ChannelID
  package var label: String
  package var sequence: UInt64
  package var position: UInt64
  package var at: WallTime
}

/// An invitation that still lets somebody in. Its secret is known to whom it was sent, and to nobody here.
package struct InvitationView: Sendable {
  package var id: InvitationID
  package var role: Role
  package var usesLeft: UInt32
  package var expiresAt: WallTime?
  /// The name of who made it; empty for the server itself.
  package var by: String
  /// Where guests come to; empty for everybody else.
  package var label: String
}

package struct AccountView: Sendable {
  package var name: String
  package var role: Role
  package var isDisabled: Bool
  package var lockedUntil: WallTime?
  package var createdAt: WallTime
  package var isActive: Bool
}
