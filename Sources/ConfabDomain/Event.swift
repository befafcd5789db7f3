package import Primitives

/// Something that happened. The journal is a list of these, and all that Confab knows follows from it.
///
/// An event says what was decided; the counters of its channel are made by `PlaceState.apply`, so
/// that the same list gives the same counters on every engine.
package struct Event: Hashable, Sendable {
  /// When it was decided; `apply` may move it later, so that time never runs backwards in a channel.
  package var at: WallTime
  /// Who did it; nil for the server itself and for the operator at the server's machine.
  package var by: AccountID?
  package var body: Body

  package init(at: WallTime, by: AccountID?, body: Body) {
    self.at = at
    self.by = by
    self.body = body
  }

  package enum Body: Hashable, Sendable {
    /// The first event of every journal: 16 random bytes that name the place, and the lobby.
    case placeFounded(place: [UInt8])

    case accountCreated(NewAccount)
    case passwordChanged(AccountID, PasswordHash)
    case accountDisabled(AccountID)
    case accountEnabled(AccountID)
    case invitationCreated(NewInvitation)
    case invitationRevoked(InvitationID)
    case roleChanged(AccountID, Role)

    case deviceRegistered(NewDevice)
    case sessionOpened(NewSession)
    case sessionClosed(SessionID, SessionEnd)
    case signInFailed(SignInFailure)
    case accountLocked(AccountID, device: DeviceID?, until: WallTime)
    case accountUnlocked(AccountID)

    case channelCreated(NewChannel)
    case memberJoined(ChannelID, AccountID)
    case memberLeft(ChannelID, AccountID)
    case ownerChanged(ChannelID, AccountID)
    case roomRenamed(ChannelID, Name)
    case roomClosed(ChannelID)

    case messagePosted(ChannelID, NewMessage)
    case messageEdited(ChannelID, sequence: UInt64, text: String)
    case messageDeleted(ChannelID, sequence: UInt64)
    case reactionAdded(ChannelID, sequence: UInt64, emoji: String)
    case reactionRemoved(ChannelID, sequence: UInt64, emoji: String)
    case readMarked(ChannelID, AccountID, through: UInt64)

    // Files go from device to device; the journal knows only that they were offered and answered.
    case fileOffered(NewFileOffer)
    /// By the recipient, for one of their devices.
    case fileAccepted(TransferID, from: AccountID, device: DeviceID)
    case fileRefused(TransferID, from: AccountID)

    // A meeting's beginning and end are part of the channel's history; who comes and goes meanwhile is
    // not, but stands in the audit, and in the end.
    case meetingStarted(ChannelID, MeetingID)
    case meetingEnded(ChannelID, MeetingEnd)
    case meetingJoined(ChannelID, AccountID)
    case meetingLeft(ChannelID, AccountID)
    /// Put out by a host, for as long as the meeting goes on.
    case meetingRemoved(ChannelID, AccountID)
    case waitingRoomSet(ChannelID, WaitingRoom)

    /// Something that an auditor wants to know and that changes no state: a backup, an export.
    case noted(String)
  }
}

package struct NewAccount: Hashable, Sendable {
  package var id: AccountID
  package var name: Name
  package var role: Role
  package var password: PasswordHash
  /// The invitation that was used, if any.
  package var invitation: InvitationID?

  package init(
    id: AccountID, name: Name, role: Role, password: PasswordHash, invitation: InvitationID?
  ) {
    self.id = id
    self.name = name
    self.role = role
    self.password = password
    self.invitation = invitation
  }
}

package enum Role: String, Hashable, Sendable, Codable {
  case member
  /// May administer the place.
  case owner
  /// Came by a guest link: sees one channel, until its meeting ends, and has no password.
  case guest
}

/// A scrypt hash with the parameters that made it (RFC 7914).
package struct PasswordHash: Hashable, Sendable, Codable {
  package var salt: [UInt8]
  package var hash: [UInt8]
  /// N, r and p of RFC 7914 §2.
  package var cost: UInt32
  package var blockSize: UInt32
  package var parallelism: UInt32

  package init(
    salt: [UInt8], hash: [UInt8], cost: UInt32, blockSize: UInt32, parallelism: UInt32
  ) {
    self.salt = salt
    self.hash = hash
    self.cost = cost
    self.blockSize = blockSize
    self.parallelism = parallelism
  }

  /// Of who has no password: nothing that is typed fits it.
  package static let none = PasswordHash(
    salt: [], hash: [], cost: 0, blockSize: 0, parallelism: 0)
}

package struct NewInvitation: Hashable, Sendable, Codable {
  package var id: InvitationID
  /// SHA-256 of the secret in the link.
  package var secretHash: [UInt8]
  package var role: Role
  package var uses: UInt32
  /// Nil: the first owner's, which ends when there is an owner.
  package var expiresAt: WallTime?
  /// Where guests come to; nil for everybody else.
  package var channel: ChannelID?

  package init(
    id: InvitationID, secretHash: [UInt8], role: Role, uses: UInt32, expiresAt: WallTime?,
    channel: ChannelID? = nil
  ) {
    self.id = id
    self.secretHash = secretHash
    self.role = role
    self.uses = uses
    self.expiresAt = expiresAt
    self.channel = channel
  }
}

/// The public keys of a device; the private ones never leave it.
package struct DeviceKeys: Hashable, Sendable, Codable {
  /// Ed25519, 32 bytes.
  package var identity: [UInt8]
  /// X25519, 32 bytes.
  package var agreement: [UInt8]
  package var name: String

  package static let keyBytes = 32
  /// A name for lists: longer ones are cut.
  package static let nameBytesMax = 64

  package init(identity: [UInt8], agreement: [UInt8], name: String) {
    self.identity = identity
    self.agreement = agreement
    self.name = name
  }
}

package struct NewDevice: Hashable, Sendable {
  package var id: DeviceID
  package var account: AccountID
  package var keys: DeviceKeys

  package init(id: DeviceID, account: AccountID, keys: DeviceKeys) {
    self.id = id
    self.account = account
    self.keys = keys
  }
}

package struct NewSession: Hashable, Sendable {
  package var id: SessionID
  package var account: AccountID
  package var device: DeviceID?
  /// SHA-256 of the token: the journal never holds what opens a session.
  package var tokenHash: [UInt8]
  package var address: String

  package init(
    id: SessionID, account: AccountID, device: DeviceID?, tokenHash: [UInt8], address: String
  ) {
    self.id = id
    self.account = account
    self.device = device
    self.tokenHash = tokenHash
    self.address = address
  }
}

package enum SessionEnd: String, Hashable, Sendable, Codable {
  case signedOut
  /// By the person, from another session.
  case revoked
  /// By an owner.
  case ended
  case passwordChanged
  case accountDisabled
  /// To make place for a newer one.
  case superseded
  /// A guest's: what they came for is over.
  case meetingEnded
}

package struct SignInFailure: Hashable, Sendable {
  /// Nil when there is no such account.
  package var account: AccountID?
  package var name: String
  /// The device that proved itself with the attempt, which then counts for it alone.
  package var device: DeviceID?
  package var address: String

  package init(account: AccountID?, name: String, device: DeviceID?, address: String) {
    self.account = account
    self.name = name
    self.device = device
    self.address = address
  }
}

package struct NewChannel: Hashable, Sendable {
  package var id: ChannelID
  package var kind: Channel.Kind
  /// Nil for direct messages, which are named after the other person.
  package var name: Name?
  /// From the classic SRB: the same set of people is one room.
  package var isClassic: Bool
  package var owner: AccountID?
  package var members: [AccountID]

  package init(
    id: ChannelID, kind: Channel.Kind, name: Name?, isClassic: Bool, owner: AccountID?,
    members: [AccountID]
  ) {
    self.id = id
    self.kind = kind
    self.name = name
    self.isClassic = isClassic
    self.owner = owner
    self.members = members
  }
}

package struct NewMessage: Hashable, Sendable {
  package var id: MessageID
  package var author: AccountID
  package var text: String
  /// The sequence of the message that this answers.
  package var replyTo: UInt64?
  package var mentions: [AccountID]

  package init(
    id: MessageID, author: AccountID, text: String, replyTo: UInt64?, mentions: [AccountID]
  ) {
    self.id = id
    self.author = author
    self.text = text
    self.replyTo = replyTo
    self.mentions = mentions
  }
}

/// An offer of files, without their names: nothing can be taken out of the journal again.
package struct NewFileOffer: Hashable, Sendable {
  package enum Recipient: Hashable, Sendable, Codable {
    case person(AccountID)
    /// Whoever is a member.
    case channel(ChannelID)
  }

  package var id: TransferID
  package var device: DeviceID
  package var recipient: Recipient
  package var files: UInt64
  package var bytes: UInt64
  package var isFolder: Bool

  package init(
    id: TransferID, device: DeviceID, recipient: Recipient, files: UInt64, bytes: UInt64,
    isFolder: Bool
  ) {
    self.id = id
    self.device = device
    self.recipient = recipient
    self.files = files
    self.bytes = bytes
    self.isFolder = isFolder
  }
}

extension Event.Body {
  /// The channel whose position this event moves; nil for what happens to accounts, for marks that
  /// only their reader sees, for offers of files, which are gone when their sender is, and for who
  /// comes to meetings and goes.
  package var channel: ChannelID? {
    switch self {
    case .channelCreated(let new): new.id
    case .memberJoined(let channel, _), .memberLeft(let channel, _), .ownerChanged(let channel, _),
      .roomRenamed(let channel, _), .roomClosed(let channel), .messagePosted(let channel, _),
      .messageEdited(let channel, _, _), .messageDeleted(let channel, _),
      .reactionAdded(let channel, _, _), .reactionRemoved(let channel, _, _),
      .meetingStarted(let channel, _), .meetingEnded(let channel, _):
      channel
    case .placeFounded, .accountCreated, .passwordChanged, .accountDisabled, .accountEnabled,
      .invitationCreated, .invitationRevoked, .roleChanged, .deviceRegistered, .sessionOpened,
      .sessionClosed, .signInFailed,
      .accountLocked, .accountUnlocked, .readMarked, .fileOffered, .fileAccepted, .fileRefused,
      .meetingJoined, .meetingLeft, .meetingRemoved, .waitingRoomSet, .noted:
      nil
    }
  }
}

/// An event with what `apply` made of it: its place in the journal and in its channel.
package struct StampedEvent: Hashable, Sendable {
  /// Its place in the journal, from 1, with no gaps.
  package var entry: UInt64
  package var event: Event
  /// In its channel, counting every event from 1; nil for events outside of channels.
  package var position: UInt64?
  /// In its channel, counting messages from 1; nil for everything but `messagePosted`.
  package var sequence: UInt64?

  package init(entry: UInt64, event: Event, position: UInt64?, sequence: UInt64?) {
    self.entry = entry
    self.event = event
    self.position = position
    self.sequence = sequence
  }
}
