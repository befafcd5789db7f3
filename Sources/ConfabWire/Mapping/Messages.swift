package import ConfabDomain
package import Primitives

extension WireMessage {
  /// A message as it is now.
  package init(_ record: MessageRecord, name: (AccountID) -> String) {
    self.init()
    sequence = record.sequence
    position = record.position
    id = field(record.id.bytes)
    at = record.at.millisecondsSinceEpoch
    from = name(record.author)
    text = record.text
    replyTo = record.replyTo ?? 0
    editedAt = record.editedAt?.millisecondsSinceEpoch ?? 0
    deleted = record.isDeleted
    reactions = record.reactions.map { WireReaction($0, name: name) }
    mentions = record.mentions.map(name)
  }

  /// A message as it is posted: what the event says already is left out.
  init(_ new: NewMessage, sequence: UInt64, name: (AccountID) -> String) {
    self.init()
    self.sequence = sequence
    id = field(new.id.bytes)
    text = new.text
    replyTo = new.replyTo ?? 0
    mentions = new.mentions.map(name)
  }
}

extension WireReaction {
  package init(_ reaction: MessageRecord.Reaction, name: (AccountID) -> String) {
    self.init()
    emoji = reaction.emoji
    names = reaction.accounts.prefix(WireLimits.reactionNamesMax).map(name)
    count = UInt32(clamping: reaction.accounts.count)
  }
}

extension WireSend {
  /// Nil when the client made none of 16 bytes.
  package var messageID: MessageID? { MessageID(bytes: id) }
}

extension WireSent {
  /// The acknowledgement of a message that is on disk.
  package init(
    channel: ChannelID, label: String, sequence: UInt64, position: UInt64, at: WallTime
  ) {
    self.init()
    self.channel = channel.rawValue
    self.label = label
    self.sequence = sequence
    self.position = position
    self.at = at.millisecondsSinceEpoch
  }
}

extension WireSearchHit {
  package init(_ hit: SearchHit, label: String, name: (AccountID) -> String) {
    self.init()
    channel = hit.message.channel.rawValue
    self.label = label
    message = WireMessage(hit.message, name: name)
    snippet = hit.snippet
  }
}
