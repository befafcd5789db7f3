package import Primitives

/// What a line typed in the chat asks for. Full screen and `--plain` understand the same lines.
///
/// Rooms are spelled `#room` and people `@name` here, however they were typed. A nil room is the
/// channel on show.
package enum ChatCommand: Hashable, Sendable {
  /// A message to the channel on show.
  case say(String)
  case broadcast(String)
  case who
  case create(room: String, members: [String], isPublic: Bool)
  case join(room: String)
  case invite(people: [String], room: String?)
  /// Opens the conversation with a person; with text, sends it as well.
  case message(person: String, text: String?)
  case edit(sequence: Int, text: String)
  case delete(sequence: Int)
  case reply(sequence: Int, text: String)
  case react(sequence: Int, emoji: String)
  /// Older messages, this many.
  case history(count: Int)
  case search(words: String, room: String?)
  /// Nil sends to the channel on show.
  case sendFile(paths: [String], to: String?)
  /// Takes an offer of files; a nil number means the only one. So it is for the next two.
  case accept(number: Int?)
  case decline(number: Int?)
  case cancelTransfer(number: Int?)
  case transfers
  /// Where accepted files are saved; nil asks where that is.
  case receiveInto(folder: String?)
  case meet(room: String?)
  case leave(room: String?)
  case rename(name: String)
  case close(room: String?)
  case members(room: String?)
  case unread
  /// About one command, or about all.
  case help(about: String?)
  case quit
  case classic(ClassicCommand)
}

/// The seven commands of the system that Confab grew from, typed bare and in upper case.
package enum ClassicCommand: Hashable, Sendable {
  /// BCM: a message to everybody.
  case broadcast(String)
  /// ATU: who else is active.
  case activeUsers
  /// SRB: a separate room with these people and oneself.
  case separateRoom(names: [String])
  /// SRM: a message to a separate room, named by number or name.
  case roomMessage(room: String, text: String)
  /// RDM: messages strictly later than a time.
  case readMessages(ReadScope, since: WallTime)
  /// UPD: a file to a person.
  case upload(to: String, file: String)
  /// OUT: sign out.
  case signOut

  package enum ReadScope: Hashable, Sendable {
    /// `b`, the lobby.
    case broadcasts
    /// `s`, all rooms of oneself.
    case separateRooms
  }
}

/// A line that is no command, in words for the person who typed it.
package struct CommandError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
