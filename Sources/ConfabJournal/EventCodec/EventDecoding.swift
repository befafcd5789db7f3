import ConfabDomain
import Primitives

/// The bytes are an entry, but a value in it is none that was ever written.
struct ValueUnreadable: Error {}

extension JournalEntry.OneOf_Event {
  func body(text: String) throws -> Event.Body {
    switch self {
    case .placeFounded(let founded): .placeFounded(place: Array(founded.place))
    case .accountCreated(let created): .accountCreated(try created.value)
    case .passwordChanged(let changed):
      .passwordChanged(AccountID(changed.account), changed.password.value)
    case .accountDisabled(let change): .accountDisabled(AccountID(change.account))
    case .accountEnabled(let change): .accountEnabled(AccountID(change.account))
    case .accountUnlocked(let change): .accountUnlocked(AccountID(change.account))
    case .invitationCreated(let created): .invitationCreated(try created.value)
    case .invitationRevoked(let revoked): .invitationRevoked(InvitationID(revoked.invitation))
    case .roleChanged(let changed):
      .roleChanged(AccountID(changed.account), try changed.role.value)
    case .deviceRegistered(let registered): .deviceRegistered(registered.value)
    case .sessionOpened(let opened): .sessionOpened(opened.value)
    case .sessionClosed(let closed):
      .sessionClosed(SessionID(closed.session), try closed.end.value)
    case .signInFailed(let failed): .signInFailed(failed.value)
    case .accountLocked(let locked):
      .accountLocked(
        AccountID(locked.account), device: locked.hasDevice ? DeviceID(locked.device) : nil,
        until: WallTime(millisecondsSinceEpoch: locked.until))
    case .channelCreated(let created): .channelCreated(try created.value)
    case .memberJoined(let change):
      .memberJoined(ChannelID(change.channel), AccountID(change.account))
    case .memberLeft(let change):
      .memberLeft(ChannelID(change.channel), AccountID(change.account))
    case .ownerChanged(let change):
      .ownerChanged(ChannelID(change.channel), AccountID(change.account))
    case .roomRenamed(let renamed):
      .roomRenamed(ChannelID(renamed.channel), try Name(renamed.name))
    case .roomClosed(let closed): .roomClosed(ChannelID(closed.channel))
    case .messagePosted(let posted):
      .messagePosted(ChannelID(posted.channel), try posted.value(text: text))
    case .messageEdited(let edited):
      .messageEdited(ChannelID(edited.channel), sequence: edited.sequence, text: text)
    case .messageDeleted(let deleted):
      .messageDeleted(ChannelID(deleted.channel), sequence: deleted.sequence)
    case .reactionAdded(let change):
      .reactionAdded(ChannelID(change.channel), sequence: change.sequence, emoji: change.emoji)
    case .reactionRemoved(let change):
      .reactionRemoved(ChannelID(change.channel), sequence: change.sequence, emoji: change.emoji)
    case .readMarked(let marked):
      .readMarked(ChannelID(marked.channel), AccountID(marked.account), through: marked.through)
    case .fileOffered(let offered): .fileOffered(try offered.value)
    case .fileAccepted(let accepted):
      .fileAccepted(
        try id(of: accepted.transfer), from: AccountID(accepted.from),
        device: DeviceID(accepted.device))
    case .fileRefused(let refused):
      .fileRefused(try id(of: refused.transfer), from: AccountID(refused.from))
    case .meetingStarted(let started):
      .meetingStarted(ChannelID(started.channel), MeetingID(started.meeting))
    case .meetingEnded(let ended): .meetingEnded(ChannelID(ended.channel), try ended.value)
    case .meetingJoined(let change):
      .meetingJoined(ChannelID(change.channel), AccountID(change.account))
    case .meetingLeft(let change):
      .meetingLeft(ChannelID(change.channel), AccountID(change.account))
    case .meetingRemoved(let change):
      .meetingRemoved(ChannelID(change.channel), AccountID(change.account))
    case .waitingRoomSet(let set):
      .waitingRoomSet(ChannelID(set.channel), try set.waitingRoom.value)
    case .noted(let note): .noted(note.text)
    }
  }
}

extension JournalPasswordHash {
  fileprivate var value: PasswordHash {
    PasswordHash(
      salt: Array(salt), hash: Array(hash), cost: cost, blockSize: blockSize,
      parallelism: parallelism)
  }
}

extension JournalAccountCreated {
  fileprivate var value: NewAccount {
    get throws {
      NewAccount(
        id: AccountID(account), name: try Name(name), role: try role.value,
        password: password.value, invitation: hasInvitation ? InvitationID(invitation) : nil)
    }
  }
}

extension JournalInvitationCreated {
  fileprivate var value: NewInvitation {
    get throws {
      NewInvitation(
        id: InvitationID(invitation), secretHash: Array(secretHash), role: try role.value,
        uses: uses, expiresAt: hasExpiresAt ? WallTime(millisecondsSinceEpoch: expiresAt) : nil,
        channel: hasChannel ? ChannelID(channel) : nil)
    }
  }
}

extension JournalDeviceRegistered {
  fileprivate var value: NewDevice {
    NewDevice(
      id: DeviceID(device), account: AccountID(account),
      keys: DeviceKeys(identity: Array(identity), agreement: Array(agreement), name: name))
  }
}

extension JournalSessionOpened {
  fileprivate var value: NewSession {
    NewSession(
      id: SessionID(session), account: AccountID(account),
      device: hasDevice ? DeviceID(device) : nil, tokenHash: Array(tokenHash), address: address)
  }
}

extension JournalSignInFailed {
  fileprivate var value: SignInFailure {
    SignInFailure(
      account: hasAccount ? AccountID(account) : nil, name: name,
      device: hasDevice ? DeviceID(device) : nil, address: address)
  }
}

extension JournalChannelCreated {
  fileprivate var value: NewChannel {
    get throws {
      NewChannel(
        id: ChannelID(channel), kind: try kind.value, name: hasName ? try Name(name) : nil,
        isClassic: classic, owner: hasOwner ? AccountID(owner) : nil,
        members: members.map { AccountID($0) })
    }
  }
}

extension JournalMessagePosted {
  fileprivate func value(text: String) throws -> NewMessage {
    guard let id = MessageID(bytes: id) else { throw ValueUnreadable() }
    return NewMessage(
      id: id, author: AccountID(author), text: text, replyTo: hasReplyTo ? replyTo : nil,
      mentions: mentions.map { AccountID($0) })
  }
}

extension JournalFileOffered {
  fileprivate var value: NewFileOffer {
    get throws {
      guard hasTo != hasChannel else { throw ValueUnreadable() }
      return NewFileOffer(
        id: try id(of: transfer), device: DeviceID(device),
        recipient: hasTo ? .person(AccountID(to)) : .channel(ChannelID(channel)), files: files,
        bytes: bytes, isFolder: folder)
    }
  }
}

private func id(of transfer: some Collection<UInt8>) throws -> TransferID {
  guard let id = TransferID(bytes: transfer) else { throw ValueUnreadable() }
  return id
}

extension JournalRole {
  fileprivate var value: Role {
    get throws {
      switch self {
      case .member: .member
      case .owner: .owner
      case .guest: .guest
      case .unspecified, .UNRECOGNIZED: throw ValueUnreadable()
      }
    }
  }
}

extension JournalSessionEnd {
  fileprivate var value: SessionEnd {
    get throws {
      switch self {
      case .signedOut: .signedOut
      case .revoked: .revoked
      case .ended: .ended
      case .passwordChanged: .passwordChanged
      case .accountDisabled: .accountDisabled
      case .superseded: .superseded
      case .meetingEnded: .meetingEnded
      case .unspecified, .UNRECOGNIZED: throw ValueUnreadable()
      }
    }
  }
}

extension JournalChannelKind {
  fileprivate var value: Channel.Kind {
    get throws {
      switch self {
      case .lobby: .lobby
      case .publicRoom: .publicRoom
      case .privateRoom: .privateRoom
      case .direct: .direct
      case .unspecified, .UNRECOGNIZED: throw ValueUnreadable()
      }
    }
  }
}
