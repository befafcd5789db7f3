import ConfabDomain
import Primitives

/// What an auditor reads of an event: a name that never changes, and a detail for a person. Never a
/// text of a message, never a secret.
struct AuditWording {
  let directory: Directory

  func words(_ stamped: StampedEvent) -> (event: String, detail: String) {
    switch stamped.event.body {
    case .placeFounded(let place): return ("place-founded", place.hex)
    case .noted(let words): return ("noted", words)
    default:
      return aboutPeople(stamped.event) ?? aboutRooms(stamped) ?? aboutMessages(stamped)
        ?? aboutFiles(stamped.event) ?? aboutMeetings(stamped.event) ?? ("unknown", "")
    }
  }

  private func aboutPeople(_ event: Event) -> (String, String)? {
    switch event.body {
    case .accountCreated(let new): ("account-created", "\(new.name), \(new.role)")
    case .passwordChanged(let account, _): ("password-changed", name(account))
    case .accountDisabled(let account): ("account-disabled", name(account))
    case .accountEnabled(let account): ("account-enabled", name(account))
    case .invitationCreated(let new):
      ("invitation-created", "\(new.id), for \(new.uses) as \(new.role)")
    case .invitationRevoked(let id): ("invitation-revoked", "\(id)")
    case .roleChanged(let account, let role): ("role-changed", "\(name(account)), \(role)")
    case .deviceRegistered(let new):
      ("device-registered", "\(name(new.account)), \(new.keys.name)")
    case .sessionOpened(let new):
      ("session-opened", "\(new.id) of \(name(new.account)) from \(new.address)")
    case .sessionClosed(let session, let end): ("session-closed", "\(session), \(end)")
    case .signInFailed(let failure):
      (
        "sign-in-failed",
        "\(failure.name.isEmpty ? "an unknown name" : failure.name) from \(failure.address)"
      )
    case .accountLocked(let account, _, let until):
      ("account-locked", "\(name(account)) until \(until)")
    case .accountUnlocked(let account): ("account-unlocked", name(account))
    default: nil
    }
  }

  private func aboutRooms(_ stamped: StampedEvent) -> (String, String)? {
    switch stamped.event.body {
    case .channelCreated(let new):
      ("channel-created", "\(label(new.id)): \(new.members.map(name).joined(separator: ", "))")
    case .memberJoined(let channel, let account):
      ("member-joined", "\(label(channel)): \(name(account))")
    case .memberLeft(let channel, let account):
      ("member-left", "\(label(channel)): \(name(account))")
    case .ownerChanged(let channel, let account):
      ("owner-changed", "\(label(channel)): \(name(account))")
    case .roomRenamed(let channel, let new): ("room-renamed", "\(channel): #\(new)")
    case .roomClosed(let channel): ("room-closed", label(channel))
    default: nil
    }
  }

  private func aboutMessages(_ stamped: StampedEvent) -> (String, String)? {
    switch stamped.event.body {
    case .messagePosted(let channel, _):
      ("message-posted", "\(label(channel)) \(stamped.sequence ?? 0)")
    case .messageEdited(let channel, let sequence, _):
      ("message-edited", "\(label(channel)) \(sequence)")
    case .messageDeleted(let channel, let sequence):
      ("message-deleted", "\(label(channel)) \(sequence)")
    case .reactionAdded(let channel, let sequence, _):
      ("reaction-added", "\(label(channel)) \(sequence)")
    case .reactionRemoved(let channel, let sequence, _):
      ("reaction-removed", "\(label(channel)) \(sequence)")
    case .readMarked(let channel, let account, let through):
      ("read-marked", "\(label(channel)) \(through) by \(name(account))")
    default: nil
    }
  }

  private func aboutFiles(_ event: Event) -> (String, String)? {
    switch event.body {
    case .fileOffered(let new):
      ("file-offered", "\(new.id) to \(recipient(new)): \(new.files) files, \(new.bytes) bytes")
    case .fileAccepted(let id, let from, let device):
      ("file-accepted", "\(id) from \(name(from)), by device \(device)")
    case .fileRefused(let id, let from): ("file-refused", "\(id) from \(name(from))")
    default: nil
    }
  }

  private func aboutMeetings(_ event: Event) -> (String, String)? {
    switch event.body {
    case .meetingStarted(let channel, let meeting):
      ("meeting-started", "\(label(channel)): \(meeting)")
    case .meetingEnded(let channel, let end):
      (
        "meeting-ended",
        "\(label(channel)): \(end.id), \(end.reason), "
          + "\(end.endedAt.since(end.startedAt).milliseconds / 1_000) s, "
          + end.attendances.map { name($0.account) }.joined(separator: " ")
      )
    case .meetingJoined(let channel, let account):
      ("meeting-joined", "\(label(channel)): \(name(account))")
    case .meetingLeft(let channel, let account):
      ("meeting-left", "\(label(channel)): \(name(account))")
    case .meetingRemoved(let channel, let account):
      ("meeting-removed", "\(label(channel)): \(name(account))")
    case .waitingRoomSet(let channel, let waitingRoom):
      ("waiting-room-set", "\(label(channel)): \(waitingRoom)")
    default: nil
    }
  }

  private func recipient(_ new: NewFileOffer) -> String {
    switch new.recipient {
    case .person(let account): name(account)
    case .channel(let channel): label(channel)
    }
  }

  private func name(_ account: AccountID) -> String { directory.name(of: account) }
  private func label(_ channel: ChannelID) -> String { directory.label(of: channel) }
}
