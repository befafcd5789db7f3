package import Primitives

extension ChatCommand {
  /// Reads a line as typed.
  ///
  /// A line that begins with `/` is a command, one whose first word is a classic command in upper
  /// case is that, everything else is said in the channel on show. `//` at the beginning says a
  /// slash; a blank at the beginning says the line whatever its first word.
  ///
  /// - Parameter offsetSeconds: how far the person's clock is ahead of UTC at a civil date.
  package static func parse(
    _ line: String, offsetSeconds: (CivilDate) -> Int = { _ in 0 }
  ) throws(CommandError) -> ChatCommand {
    if line.hasPrefix("//") { return .say(String(line.dropFirst())) }
    if line.hasPrefix(" ") { return .say(String(line.dropFirst())) }
    if line.hasPrefix("/") { return try modern(line) }
    if let classic = try ClassicCommand.parse(line, offsetSeconds: offsetSeconds) {
      return .classic(classic)
    }
    return .say(line)
  }

  private static func modern(_ line: String) throws(CommandError) -> ChatCommand {
    let name = String(line.prefix { !$0.isWhitespace })
    guard let entry = CommandList.modern.first(where: { $0.name == name.lowercased() }) else {
      throw unknown(name)
    }
    var arguments = CommandArguments(line.dropFirst(name.count), usage: entry.usage)
    let command = try parse(entry.name, &arguments)
    try arguments.end()
    return command
  }

  private static func unknown(_ name: String) -> CommandError {
    let advice =
      CommandList.nearest(to: name).map { "Did you mean \($0.name)?" } ?? "/help lists them all."
    let shown = name.count > 32 ? name.prefix(32) + "…" : name[...]
    return CommandError(
      "There is no command \(shown). \(advice) To say it as it is, type /\(shown)")
  }

  private static func parse(
    _ name: String, _ arguments: inout CommandArguments
  ) throws(CommandError) -> ChatCommand {
    switch name {
    case "/broadcast": .broadcast(try arguments.text())
    case "/who": .who
    case "/unread": .unread
    case "/quit": .quit
    case "/help": .help(about: arguments.word())
    case "/history": try parseHistory(&arguments)
    case "/search": try parseSearch(&arguments)
    case "/send-file", "/accept", "/decline", "/cancel", "/transfers", "/receive-into":
      try parseOnFiles(name, &arguments)
    case "/msg":
      .message(
        person: try arguments.person(try arguments.requiredWord("the name")),
        text: arguments.optionalText())
    case "/edit", "/delete", "/reply", "/react": try parseOnMessage(name, &arguments)
    default: try parseOnRoom(name, &arguments)
    }
  }

  /// Commands about one message of the channel on show.
  private static func parseOnMessage(
    _ name: String, _ arguments: inout CommandArguments
  ) throws(CommandError) -> ChatCommand {
    let sequence = try arguments.number("the number of the message")
    switch name {
    case "/edit": return .edit(sequence: sequence, text: try arguments.text())
    case "/reply": return .reply(sequence: sequence, text: try arguments.text())
    case "/react": return .react(sequence: sequence, emoji: try arguments.requiredWord("the emoji"))
    default: return .delete(sequence: sequence)
    }
  }

  private static func parseOnRoom(
    _ name: String, _ arguments: inout CommandArguments
  ) throws(CommandError) -> ChatCommand {
    switch name {
    case "/create": try parseCreate(&arguments)
    case "/invite": try parseInvite(&arguments)
    case "/join": .join(room: try arguments.room(try arguments.requiredWord("the room")))
    case "/rename": .rename(name: try arguments.name(try arguments.requiredWord("the new name")))
    case "/meet": .meet(room: try arguments.optionalRoom())
    case "/leave": .leave(room: try arguments.optionalRoom())
    case "/close": .close(room: try arguments.optionalRoom())
    case "/members": .members(room: try arguments.optionalRoom())
    default: throw unknown(name)
    }
  }

  private static func parseCreate(
    _ arguments: inout CommandArguments
  ) throws(CommandError) -> ChatCommand {
    let room = try arguments.room(try arguments.requiredWord("the name"))
    var members: [String] = []
    var isPublic = false
    for word in arguments.words() {
      if word == "--public" {
        isPublic = true
      } else {
        members.append(try arguments.person(word))
      }
    }
    return .create(room: room, members: members, isPublic: isPublic)
  }

  private static func parseInvite(
    _ arguments: inout CommandArguments
  ) throws(CommandError) -> ChatCommand {
    var people: [String] = []
    var room: String?
    for word in arguments.words() {
      if word.hasPrefix("#") {
        guard room == nil else { throw arguments.wrong("only one room at a time") }
        room = try arguments.room(word)
      } else {
        people.append(try arguments.person(word))
      }
    }
    guard !people.isEmpty else { throw arguments.wrong("the name is missing") }
    return .invite(people: people, room: room)
  }

  private static func parseHistory(
    _ arguments: inout CommandArguments
  ) throws(CommandError) -> ChatCommand {
    guard !arguments.isEmpty else { return .history(count: ChatLimits.historyPageMessages) }
    let count = try arguments.number("the count")
    guard count <= ChatLimits.historyMessagesMax else {
      throw arguments.wrong("at most \(ChatLimits.historyMessagesMax) messages at a time")
    }
    return .history(count: count)
  }

  private static func parseSearch(
    _ arguments: inout CommandArguments
  ) throws(CommandError) -> ChatCommand {
    var words: [String] = []
    var room: String?
    while let word = arguments.word() {
      if word == "--in" {
        let key = try arguments.requiredWord("the room")
        room = key.hasPrefix("@") ? try arguments.person(key) : try arguments.room(key)
      } else {
        words.append(word)
      }
    }
    guard !words.isEmpty else { throw arguments.wrong("the words to look for are missing") }
    return .search(words: words.joined(separator: " "), room: room)
  }
}

extension CommandArguments {
  /// A name that could be one: the server says whether it is.
  func name(_ word: String) throws(CommandError) -> String {
    let isName = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "-_.".utf8.contains(byte)
      }
    }
    guard isName, (1...ChatLimits.nameBytesMax).contains(word.utf8.count) else {
      throw wrong(
        "\"\(word)\" cannot be a name: names are 1 to \(ChatLimits.nameBytesMax) letters, digits, "
          + "\"-\", \"_\" or \".\"")
    }
    return word
  }

  func person(_ word: String) throws(CommandError) -> String {
    if word.hasPrefix("#") { throw wrong("\"\(word)\" is a room, not a person") }
    return "@" + (try name(word.hasPrefix("@") ? String(word.dropFirst()) : word))
  }

  func room(_ word: String) throws(CommandError) -> String {
    if word.hasPrefix("@") { throw wrong("\"\(word)\" is a person, not a room") }
    return "#" + (try name(word.hasPrefix("#") ? String(word.dropFirst()) : word))
  }

  mutating func optionalRoom() throws(CommandError) -> String? {
    guard let word = word() else { return nil }
    return try room(word)
  }
}
