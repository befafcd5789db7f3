package import Primitives

// What the journal's views answer. Who may ask is decided before: a query already carries the part
// of each channel that the reader may see.

/// A message as it is now, with later edits, deletion and reactions taken in.
package struct MessageRecord: Hashable, Sendable {
  package var channel: ChannelID
  package var sequence: UInt64
  package var position: UInt64
  package var id: MessageID
  package var at: WallTime
  package var author: AccountID
  /// Empty when deleted.
  package var text: String
  package var replyTo: UInt64?
  package var mentions: [AccountID]
  package var editedAt: WallTime?
  package var isDeleted: Bool
  /// In the order in which each emoji was first used.
  package var reactions: [Reaction]

  package struct Reaction: Hashable, Sendable {
    package var emoji: String
    package var accounts: [AccountID]

    package init(emoji: String, accounts: [AccountID]) {
      self.emoji = emoji
      self.accounts = accounts
    }
  }

  package init(
    channel: ChannelID, sequence: UInt64, position: UInt64, id: MessageID, at: WallTime,
    author: AccountID, text: String, replyTo: UInt64?, mentions: [AccountID], editedAt: WallTime?,
    isDeleted: Bool, reactions: [Reaction]
  ) {
    self.channel = channel
    self.sequence = sequence
    self.position = position
    self.id = id
    self.at = at
    self.author = author
    self.text = text
    self.replyTo = replyTo
    self.mentions = mentions
    self.editedAt = editedAt
    self.isDeleted = isDeleted
    self.reactions = reactions
  }
}

/// Asks for messages of one channel; the answer is in ascending order.
package struct MessageQuery: Hashable, Sendable {
  package enum Bound: Hashable, Sendable {
    /// The newest ones.
    case newest
    /// The first ones with a sequence strictly greater.
    case sinceSequence(UInt64)
    /// The first ones strictly later.
    case sinceTime(WallTime)
    /// The newest ones with a sequence strictly smaller.
    case beforeSequence(UInt64)
  }

  package var channel: ChannelID
  package var visibility: Visibility
  package var bound: Bound
  /// 1…`Limits.pageRecordsMax`
  package var limit: Int

  package init(channel: ChannelID, visibility: Visibility, bound: Bound, limit: Int) {
    self.channel = channel
    self.visibility = visibility
    self.bound = bound
    self.limit = limit
  }
}

package struct MessagePage: Hashable, Sendable {
  package var messages: [MessageRecord]
  /// Whether more match beyond the limit.
  package var more: Bool
  /// The channel's newest position that the page takes in.
  package var asOfPosition: UInt64

  package init(messages: [MessageRecord], more: Bool, asOfPosition: UInt64) {
    self.messages = messages
    self.more = more
    self.asOfPosition = asOfPosition
  }
}

/// Asks for the events of one channel after a position, in order.
package struct EventQuery: Hashable, Sendable {
  package var channel: ChannelID
  /// Strictly after; already raised to what the reader may see.
  package var afterPosition: UInt64
  package var limit: Int

  package init(channel: ChannelID, afterPosition: UInt64, limit: Int) {
    self.channel = channel
    self.afterPosition = afterPosition
    self.limit = limit
  }
}

/// Events as they were decided, but with the texts of now: one that was deleted since is empty.
package struct EventPage: Hashable, Sendable {
  package var events: [StampedEvent]
  package var more: Bool

  package init(events: [StampedEvent], more: Bool) {
    self.events = events
    self.more = more
  }
}

/// Asks for messages that hold all the words, the newest first.
package struct SearchQuery: Hashable, Sendable {
  /// As typed. Each word must be in the text; "quoted words" must stand together; a trailing `*`
  /// finds words that begin so.
  package var words: String
  package var scope: [Scope]
  package var limit: Int

  /// One channel, as far as the reader may see it.
  package struct Scope: Hashable, Sendable {
    package var channel: ChannelID
    package var visibility: Visibility

    package init(channel: ChannelID, visibility: Visibility) {
      self.channel = channel
      self.visibility = visibility
    }
  }

  package init(words: String, scope: [Scope], limit: Int) {
    self.words = words
    self.scope = scope
    self.limit = limit
  }
}

package struct SearchHit: Hashable, Sendable {
  package var message: MessageRecord
  /// The text around the words found, each between U+E000 and U+E001.
  package var snippet: String

  package init(message: MessageRecord, snippet: String) {
    self.message = message
    self.snippet = snippet
  }

  package static let matchBegin: Character = "\u{E000}"
  package static let matchEnd: Character = "\u{E001}"
}

/// What a command about one message needs to know of it.
package struct MessageFacts: Hashable, Sendable {
  package var author: AccountID
  package var isDeleted: Bool
  /// Who reacted with what.
  package var reactions: [MessageRecord.Reaction]

  package init(author: AccountID, isDeleted: Bool, reactions: [MessageRecord.Reaction]) {
    self.author = author
    self.isDeleted = isDeleted
    self.reactions = reactions
  }
}

/// Where a message that was stored before stands.
package struct StoredMessage: Hashable, Sendable {
  package var channel: ChannelID
  package var author: AccountID
  package var sequence: UInt64
  package var position: UInt64
  package var at: WallTime

  package init(
    channel: ChannelID, author: AccountID, sequence: UInt64, position: UInt64, at: WallTime
  ) {
    self.channel = channel
    self.author = author
    self.sequence = sequence
    self.position = position
    self.at = at
  }
}

/// Asks for the journal as an auditor reads it: everything, in order.
package struct AuditQuery: Hashable, Sendable {
  /// Strictly later; nil is from the beginning.
  package var since: WallTime?
  /// Or, when the newest come first, before it; 0 is from the end.
  package var afterEntry: UInt64
  package var limit: Int
  package var newestFirst: Bool

  package init(since: WallTime?, afterEntry: UInt64, limit: Int, newestFirst: Bool = false) {
    self.since = since
    self.afterEntry = afterEntry
    self.limit = limit
    self.newestFirst = newestFirst
  }
}

/// An entry with the value of the hash chain at it.
package struct AuditRecord: Hashable, Sendable {
  /// Texts of messages are left out.
  package var event: StampedEvent
  /// SHA-256, 32 bytes.
  package var chain: [UInt8]

  package init(event: StampedEvent, chain: [UInt8]) {
    self.event = event
    self.chain = chain
  }
}

package struct AuditPage: Hashable, Sendable {
  package var records: [AuditRecord]
  package var more: Bool

  package init(records: [AuditRecord], more: Bool) {
    self.records = records
    self.more = more
  }
}

/// The outcome of computing the whole chain again.
package struct AuditVerdict: Hashable, Sendable {
  package var entries: UInt64
  /// The first entry that does not fit the chain; nil when all do.
  package var brokenAt: UInt64?
  /// The chain's value at the last good entry.
  package var head: [UInt8]

  package init(entries: UInt64, brokenAt: UInt64?, head: [UInt8]) {
    self.entries = entries
    self.brokenAt = brokenAt
    self.head = head
  }
}
