/// What the terminal client holds and accepts at most.
package enum ChatLimits {
  /// The server's limit for a message, told before the text is sent in vain.
  package static let messageBytesMax = 8_192
  /// The server's limit for names of people and rooms.
  package static let nameBytesMax = 32
  /// Entries of a channel on show; older ones are dropped as new ones arrive.
  package static let entriesPerChannelMax = 5_000
  /// Entries that a channel keeps when another one is opened.
  package static let entriesInBackgroundMax = 500
  /// How many older messages are asked for at a time.
  package static let historyPageMessages = 100
  /// How many `/history` may ask for.
  package static let historyMessagesMax = 1_000
  /// Own messages of a channel that wait for the server.
  package static let unsentMessagesMax = 100
  /// Lines of one notice or search result.
  package static let noticeLinesMax = 500
  /// Rows that the input may take before it scrolls.
  package static let inputRowsMax = 6
  /// Rows that the pane of transfers may take.
  package static let transferRowsMax = 4
}
