import ConfabDomain
import Foundation
import Primitives
import SwiftProtobuf

extension JournalEntry.OneOf_Event {
  /// Every case has its line here and in `body(text:)`: the compiler asks for a new one's.
  init(_ body: Event.Body, textHash: [UInt8]) {
    switch body {
    case .placeFounded(let place): self = .placeFounded(.with { $0.place = Data(place) })
    case .accountCreated(let new): self = .accountCreated(.init(new))
    case .passwordChanged(let id, let hash):
      self = .passwordChanged(
        .with { ($0.account, $0.password) = (id.rawValue, .init(hash)) })
    case .accountDisabled(let id): self = .accountDisabled(.init(id))
    case .accountEnabled(let id): self = .accountEnabled(.init(id))
    case .accountUnlocked(let id): self = .accountUnlocked(.init(id))
    case .invitationCreated(let new): self = .invitationCreated(.init(new))
    case .invitationRevoked(let id):
      self = .invitationRevoked(.with { $0.invitation = id.rawValue })
    case .roleChanged(let id, let role):
      self = .roleChanged(.with { ($0.account, $0.role) = (id.rawValue, .init(role)) })
    case .deviceRegistered(let new): self = .deviceRegistered(.init(new))
    case .sessionOpened(let new): self = .sessionOpened(.init(new))
    case .sessionClosed(let id, let end):
      self = .sessionClosed(
        .with { ($0.session, $0.end) = (id.rawValue, .init(end)) })
    case .signInFailed(let failure): self = .signInFailed(.init(failure))
    case .accountLocked(let id, let device, let until):
      self = .accountLocked(.init(id, device: device, until: until))
    case .channelCreated(let new): self = .channelCreated(.init(new))
    case .memberJoined(let channel, let account): self = .memberJoined(.init(channel, account))
    case .memberLeft(let channel, let account): self = .memberLeft(.init(channel, account))
    case .ownerChanged(let channel, let account): self = .ownerChanged(.init(channel, account))
    case .roomRenamed(let channel, let name):
      self = .roomRenamed(
        .with {
          $0.channel = channel.rawValue
          $0.name = name.text
        })
    case .roomClosed(let channel): self = .roomClosed(.with { $0.channel = channel.rawValue })
    case .messagePosted(let channel, let new):
      self = .messagePosted(.init(new, in: channel, textHash: textHash))
    case .messageEdited(let channel, let sequence, _):
      self = .messageEdited(
        .with {
          $0.channel = channel.rawValue
          $0.sequence = sequence
          $0.textHash = Data(textHash)
        })
    case .messageDeleted(let channel, let sequence):
      self = .messageDeleted(
        .with { ($0.channel, $0.sequence) = (channel.rawValue, sequence) })
    case .reactionAdded(let channel, let sequence, let emoji):
      self = .reactionAdded(.init(channel, sequence, emoji))
    case .reactionRemoved(let channel, let sequence, let emoji):
      self = .reactionRemoved(.init(channel, sequence, emoji))
    case .readMarked(let channel, let account, let through):
      self = .readMarked(
        .with {
          $0.channel = channel.rawValue
          $0.account = account.rawValue
          $0.through = through
        })
    case .fileOffered(let new): self = .fileOffered(.init(new))
    case .fileAccepted(let transfer, let from, let device):
      self = .fileAccepted(.init(transfer, from: from, device: device))
    case .fileRefused(let transfer, let from): self = .fileRefused(.init(transfer, from: from))
    case .meetingStarted, .meetingEnded, .meetingJoined, .meetingLeft, .meetingRemoved,
      .waitingRoomSet:
      self = .init(meeting: body)
    case .noted(let text): self = .noted(.with { $0.text = text })
    }
  }

  /// The field's number in `journal.proto`.
  var kind: Int {
    switch self {
    case .placeFounded: 10
    case .accountCreated: 11
    case .passwordChanged: 12
    case .accountDisabled: 13
    case .accountEnabled: 14
    case .invitationCreated: 15
    case .invitationRevoked: 16
    case .roleChanged: 17
    case .deviceRegistered: 20
    case .sessionOpened: 21
    case .sessionClosed: 22
    case .signInFailed: 23
    case .accountLocked: 24
    case .accountUnlocked: 25
    case .channelCreated: 30
    case .memberJoined: 31
    case .memberLeft: 32
    case .ownerChanged: 33
    case .roomRenamed: 34
    case .roomClosed: 35
    case .messagePosted: 40
    case .messageEdited: 41
    case .messageDeleted: 42
    case .reactionAdded: 43
    case .reactionRemoved: 44
    case .readMarked: 45
    case .noted: 50
    case .fileOffered: 60
    case .fileAccepted: 61
    case .fileRefused: 62
    case .meetingStarted: 70
    case .meetingEnded: 71
    case .meetingJoined: 72
    case .meetingLeft: 73
    case .meetingRemoved: 74
    case .waitingRoomSet: 75
    }
  }
}

extension JournalAccountChange {
  fileprivate init(_ account: AccountID) {
    self.init()
    self.account = account.rawValue
  }
}

extension JournalMemberChange {
  init(_ channel: ChannelID, _ account: AccountID) {
    self.init()
    self.channel = channel.rawValue
    self.account = account.rawValue
  }
}

extension JournalReactionChange {
  fileprivate init(_ channel: ChannelID, _ sequence: UInt64, _ emoji: String) {
    self.init()
    self.channel = channel.rawValue
    self.sequence = sequence
    self.emoji = emoji
  }
}

extension JournalPasswordHash {
  fileprivate init(_ password: PasswordHash) {
    self.init()
    salt = Data(password.salt)
    hash = Data(password.hash)
    cost = password.cost
    blockSize = password.blockSize
    parallelism = password.parallelism
  }
}

extension JournalAccountCreated {
  fileprivate init(_ new: NewAccount) {
    self.init()
    account = new.id.rawValue
    name = new.name.text
    role = .init(new.role)
    password = .init(new.password)
    if let used = new.invitation { invitation = used.rawValue }
  }
}

extension JournalInvitationCreated {
  fileprivate init(_ new: NewInvitation) {
    self.init()
    invitation = new.id.rawValue
    secretHash = Data(new.secretHash)
    role = .init(new.role)
    uses = new.uses
    if let expiry = new.expiresAt { expiresAt = expiry.millisecondsSinceEpoch }
    if let place = new.channel { channel = place.rawValue }
  }
}

extension JournalDeviceRegistered {
  fileprivate init(_ new: NewDevice) {
    self.init()
    device = new.id.rawValue
    account = new.account.rawValue
    identity = Data(new.keys.identity)
    agreement = Data(new.keys.agreement)
    name = new.keys.name
  }
}

extension JournalSessionOpened {
  fileprivate init(_ new: NewSession) {
    self.init()
    session = new.id.rawValue
    account = new.account.rawValue
    if let used = new.device { device = used.rawValue }
    tokenHash = Data(new.tokenHash)
    address = new.address
  }
}

extension JournalSignInFailed {
  fileprivate init(_ failure: SignInFailure) {
    self.init()
    if let known = failure.account { account = known.rawValue }
    name = failure.name
    if let known = failure.device { device = known.rawValue }
    address = failure.address
  }
}

extension JournalAccountLocked {
  fileprivate init(_ account: AccountID, device: DeviceID?, until: WallTime) {
    self.init()
    self.account = account.rawValue
    if let device { self.device = device.rawValue }
    self.until = until.millisecondsSinceEpoch
  }
}

extension JournalChannelCreated {
  fileprivate init(_ new: NewChannel) {
    self.init()
    channel = new.id.rawValue
    kind = .init(new.kind)
    if let given = new.name { name = given.text }
    classic = new.isClassic
    if let account = new.owner { owner = account.rawValue }
    members = new.members.map(\.rawValue)
  }
}

extension JournalMessagePosted {
  fileprivate init(_ new: NewMessage, in channel: ChannelID, textHash: [UInt8]) {
    self.init()
    self.channel = channel.rawValue
    id = Data(new.id.bytes)
    author = new.author.rawValue
    self.textHash = Data(textHash)
    if let sequence = new.replyTo { replyTo = sequence }
    mentions = new.mentions.map(\.rawValue)
  }
}

extension JournalFileAccepted {
  fileprivate init(_ transfer: TransferID, from: AccountID, device: DeviceID) {
    self.init()
    self.transfer = Data(transfer.bytes)
    self.from = from.rawValue
    self.device = device.rawValue
  }
}

extension JournalFileRefused {
  fileprivate init(_ transfer: TransferID, from: AccountID) {
    self.init()
    self.transfer = Data(transfer.bytes)
    self.from = from.rawValue
  }
}

extension JournalFileOffered {
  fileprivate init(_ new: NewFileOffer) {
    self.init()
    transfer = Data(new.id.bytes)
    device = new.device.rawValue
    switch new.recipient {
    case .person(let account): to = account.rawValue
    case .channel(let id): channel = id.rawValue
    }
    files = new.files
    bytes = new.bytes
    folder = new.isFolder
  }
}

extension JournalRole {
  fileprivate init(_ role: Role) {
    switch role {
    case .member: self = .member
    case .owner: self = .owner
    case .guest: self = .guest
    }
  }
}

extension JournalSessionEnd {
  fileprivate init(_ end: SessionEnd) {
    switch end {
    case .signedOut: self = .signedOut
    case .revoked: self = .revoked
    case .ended: self = .ended
    case .passwordChanged: self = .passwordChanged
    case .accountDisabled: self = .accountDisabled
    case .superseded: self = .superseded
    case .meetingEnded: self = .meetingEnded
    }
  }
}

extension JournalChannelKind {
  fileprivate init(_ kind: Channel.Kind) {
    switch kind {
    case .lobby: self = .lobby
    case .publicRoom: self = .publicRoom
    case .privateRoom: self = .privateRoom
    case .direct: self = .direct
    }
  }
}
