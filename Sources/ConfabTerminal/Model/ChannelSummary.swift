/// What the list on the left knows of a conversation.
package struct ChannelSummary: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case lobby
    case publicRoom
    case privateRoom
    /// Between two people; the key is `@other`.
    case direct
  }

  /// What the reader would type: `#room` or `@name`.
  package var key: String
  package var kind: Kind
  package var unread: Int
  /// How many of the unread messages name the reader.
  package var mentions: Int
  /// The last message that was read; 0 when none was.
  package var readThrough: Int
  /// Readable, but nothing more can be said.
  package var isClosed: Bool

  package init(
    key: String, kind: Kind, unread: Int = 0, mentions: Int = 0, readThrough: Int = 0,
    isClosed: Bool = false
  ) {
    self.key = key
    self.kind = kind
    self.unread = unread
    self.mentions = mentions
    self.readThrough = readThrough
    self.isClosed = isClosed
  }
}
