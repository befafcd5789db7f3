import ConfabDomain
import Primitives

// What both engines make of an entry.

extension StoredMessage {
  /// Nil for everything but a message that has its numbers.
  init?(_ stamped: StampedEvent) {
    guard case .messagePosted(let channel, let message) = stamped.event.body,
      let sequence = stamped.sequence, let position = stamped.position
    else { return nil }
    self.init(
      channel: channel, author: message.author, sequence: sequence, position: position,
      at: stamped.event.at)
  }
}

extension MessageRecord {
  /// Nil for everything but a message that has its numbers.
  init?(
    _ posting: StampedEvent, text: String, editedAt: WallTime?, isDeleted: Bool,
    reactions: [Reaction]
  ) {
    guard let stored = StoredMessage(posting),
      case .messagePosted(_, let message) = posting.event.body
    else { return nil }
    self.init(
      channel: stored.channel, sequence: stored.sequence, position: stored.position,
      id: message.id, at: stored.at, author: message.author, text: text,
      replyTo: message.replyTo, mentions: message.mentions, editedAt: editedAt,
      isDeleted: isDeleted, reactions: reactions)
  }
}

extension [MessageRecord.Reaction] {
  /// Takes one in that is later than all before.
  mutating func add(_ emoji: String, by account: AccountID) {
    if let index = firstIndex(where: { $0.emoji == emoji }) {
      self[index].accounts.append(account)
    } else {
      append(MessageRecord.Reaction(emoji: emoji, accounts: [account]))
    }
  }
}
