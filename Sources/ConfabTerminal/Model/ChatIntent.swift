/// What the shell is to do; it tells the outcome as events.
package enum ChatIntent: Hashable, Sendable {
  /// Answered by `.sent` or `.sendFailed` with the same `localID`.
  case send(localID: Int, channel: String, text: String, replyTo: Int?)
  case edit(channel: String, sequence: Int, text: String)
  case delete(channel: String, sequence: Int)
  case react(channel: String, sequence: Int, emoji: String)
  /// Wants the newest messages and the people; answered by `.page` and `.people`.
  case open(channel: String)
  case markRead(channel: String, through: Int)
  /// Answered by `.page`.
  case loadOlder(channel: String, before: Int, count: Int)
  /// Answered by `.files`.
  case listFiles(prefix: String)
  /// Everything else; `channel` is the one on show.
  case command(ChatCommand, channel: String)
  /// Rings the terminal's bell.
  case ring
  /// Ends the program and stays signed in.
  case quit
  /// Signs out, then ends the program.
  case signOut
  /// Paints the whole screen anew.
  case redraw
}
