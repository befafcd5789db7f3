package import ConfabDomain
import Primitives
import SwiftProtobuf

extension WireEvent {
  /// An event of a channel, the same bytes for every reader. Nil for what happens outside of channels.
  package init?(_ stamped: StampedEvent, name: (AccountID) -> String) {
    guard let channel = stamped.event.body.channel, let position = stamped.position,
      let body = OneOf_Body(stamped, name: name)
    else { return nil }
    self.init()
    self.channel = channel.rawValue
    self.position = position
    at = stamped.event.at.millisecondsSinceEpoch
    by = stamped.event.by.map(name) ?? ""
    self.body = body
  }
}

extension WireEvent.OneOf_Body {
  fileprivate init?(_ stamped: StampedEvent, name: (AccountID) -> String) {
    switch stamped.event.body {
    case .messagePosted(_, let new):
      self = .posted(WireMessage(new, sequence: stamped.sequence ?? 0, name: name))
    case .messageEdited(_, let sequence, let text):
      self = .edited(.with { ($0.sequence, $0.text) = (sequence, text) })
    case .messageDeleted(_, let sequence):
      self = .deleted(.with { $0.sequence = sequence })
    case .reactionAdded(_, let sequence, let emoji):
      self = .reacted(.with { ($0.sequence, $0.emoji) = (sequence, emoji) })
    case .reactionRemoved(_, let sequence, let emoji):
      self = .reacted(.with { ($0.sequence, $0.emoji, $0.removed) = (sequence, emoji, true) })
    case .channelCreated(let new):
      self = .created(.with { $0.members = new.members.prefix(WireLimits.eventNamesMax).map(name) })
    case .memberJoined(_, let account):
      self = .memberJoined(.with { $0.name = name(account) })
    case .memberLeft(_, let account):
      self = .memberLeft(.with { $0.name = name(account) })
    case .ownerChanged(_, let account):
      self = .ownerChanged(.with { $0.name = name(account) })
    case .roomRenamed(_, let newName):
      self = .renamed(.with { $0.name = newName.text })
    case .roomClosed:
      self = .closed(WireRoomClosed())
    case .meetingStarted(_, let meeting):
      self = .meetingStarted(.with { $0.meeting = meeting.rawValue })
    case .meetingEnded(_, let end):
      self = .meetingEnded(WireMeetingEnded(end, name: name))
    case .placeFounded, .accountCreated, .passwordChanged, .accountDisabled, .accountEnabled,
      .invitationCreated, .invitationRevoked, .roleChanged, .deviceRegistered, .sessionOpened,
      .sessionClosed, .signInFailed,
      .accountLocked, .accountUnlocked, .readMarked, .fileOffered, .fileAccepted, .fileRefused,
      .meetingJoined, .meetingLeft, .meetingRemoved, .waitingRoomSet, .noted:
      return nil
    }
  }
}
