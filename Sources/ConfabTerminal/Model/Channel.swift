/// A conversation with everything that this client holds of it.
package struct Channel: Hashable, Sendable {
  package var summary: ChannelSummary
  package var timeline = Timeline()
  package var people: [Person] = []
  /// What was being typed when another channel was opened.
  package var draft = ""
  /// The reader had read this far when the channel was opened: where "new messages" stands.
  package var newAfter: Int?
  /// Nil at the newest message.
  package var scroll: ScrollAnchor?
  /// An older page was asked for and is not here yet.
  package var isLoadingOlder = false

  package init(summary: ChannelSummary) {
    self.summary = summary
  }
}

/// The entry at the window's lower edge while scrolled back. It holds still while messages come in below.
package struct ScrollAnchor: Hashable, Sendable {
  package var entry: Int
  /// How many of that entry's rows lie below the window.
  package var rowsBelow: Int
}
