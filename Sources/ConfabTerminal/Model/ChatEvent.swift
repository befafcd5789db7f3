package import Primitives

/// Something that happened: at the keyboard, on the clock, or on the network.
package enum ChatEvent: Sendable {
  case key(Key)
  case resize(width: Int, height: Int)
  /// About once a second while something on show depends on the time.
  case tick

  // What the server tells. Channels are spelled as the reader would type them.
  case connection(ConnectionState)
  /// All conversations, after each sign-in or resume; others are forgotten.
  case channels([ChannelSummary])
  /// One conversation is new or has changed.
  case channel(ChannelSummary)
  case channelRenamed(from: String, to: String)
  /// One is no longer a member, or it is gone.
  case channelRemoved(String)
  /// Counts as the server has them, as after reading on another device. Messages that arrive are
  /// counted by the model itself.
  case unread(channel: String, unread: Int, mentions: Int, readThrough: Int)
  /// `localID` names the own unsent message that this one is, where the shell knows.
  case message(channel: String, ChatMessage, localID: Int?)
  case edited(channel: String, sequence: Int, text: String)
  case deleted(channel: String, sequence: Int)
  case reactions(channel: String, sequence: Int, [Reaction])
  /// A message of an earlier run that still waits in the outbox.
  case unsent(channel: String, UnsentMessage)
  /// The server has the message.
  case sent(localID: Int, channel: String, sequence: Int, at: WallTime)
  case sendFailed(localID: Int, channel: String, reason: String)
  /// The answer to `.open` or `.loadOlder`: messages in any order.
  case page(channel: String, [ChatMessage], hasOlder: Bool)
  case people(channel: String, [Person])
  /// Somebody became active, or nil for no longer.
  case presence(name: String, activeSince: WallTime?)

  // What the shell tells.
  /// Into the channel; with nil into the one on show, which scrolls to it.
  case notice(Notice, channel: String?)
  /// Into the channel on show, which stays where it is: nobody asked for it just now.
  case remark(Notice)
  case searchResults(words: String, [SearchHit])
  case transfers([TransferLine])
  /// The answer to `.listFiles`: whole paths that begin with the prefix, folders with a final `/`.
  case files(prefix: String, [String])
  /// Shows a channel, as after `/msg`, `/create` or `/join`.
  case show(channel: String)
}
