package import Primitives

extension ClassicCommand {
  /// Nil when the first word is none of the seven; an error when it is and the rest is wrong.
  ///
  /// The classic rules are strict: upper case, one blank between arguments, none missing and none
  /// too much.
  package static func parse(
    _ line: String, offsetSeconds: (CivilDate) -> Int = { _ in 0 }
  ) throws(CommandError) -> ClassicCommand? {
    let name = String(line.prefix { $0 != " " && $0 != "\n" })
    guard let entry = CommandList.classic.first(where: { $0.name == name }) else { return nil }
    let arguments = ClassicArguments(line.dropFirst(name.count), usage: entry.usage)
    switch name {
    case "BCM": return .broadcast(try arguments.single("the message"))
    case "ATU":
      try arguments.none()
      return .activeUsers
    case "OUT":
      try arguments.none()
      return .signOut
    case "SRB": return .separateRoom(names: try arguments.words("a name"))
    case "SRM":
      let (room, text) = try arguments.pair("the number of the room", "the message")
      return .roomMessage(room: room, text: text)
    case "UPD":
      let words = try arguments.words("the name")
      guard words.count >= 2 else { throw arguments.wrong("the file is missing") }
      guard words.count == 2 else { throw arguments.wrong("\"\(words[2])\" is too much") }
      return .upload(to: words[0], file: words[1])
    default: return try arguments.readMessages(offsetSeconds: offsetSeconds)
    }
  }
}

/// What follows a classic command: nothing, or one blank and arguments parted by one blank.
private struct ClassicArguments {
  private let rest: Substring
  private let usage: String

  init(_ rest: Substring, usage: String) {
    self.rest = rest
    self.usage = usage
  }

  func none() throws(CommandError) {
    if !rest.isEmpty { throw wrong("nothing may follow") }
  }

  func single(_ what: String) throws(CommandError) -> String {
    guard rest.hasPrefix(" "), rest.count > 1 else { throw wrong("\(what) is missing") }
    let text = rest.dropFirst()
    if text.hasPrefix(" ") { throw wrong("there is more than one blank before \(what)") }
    return String(text)
  }

  /// One word and all that follows it.
  func pair(_ first: String, _ second: String) throws(CommandError) -> (String, String) {
    let text = try single(first)
    guard let blank = text.firstIndex(of: " ") else { throw wrong("\(second) is missing") }
    let rest = ClassicArguments(text[blank...], usage: usage)
    return (String(text[..<blank]), try rest.single(second))
  }

  func words(_ what: String) throws(CommandError) -> [String] {
    let words = try single(what).split(separator: " ", omittingEmptySubsequences: false)
    if words.contains(where: \.isEmpty) {
      throw wrong("there must be one blank between arguments and none at the end")
    }
    return words.map(String.init)
  }

  func readMessages(
    offsetSeconds: (CivilDate) -> Int
  ) throws(CommandError) -> ClassicCommand {
    let (letter, text) = try pair("b or s", "the time")
    guard let since = TimeText.parse(text, offsetSeconds: offsetSeconds) else {
      throw wrong(
        "\"\(text)\" is not a time: write it as 1 Jun 2022 21:30:04 or 2022-06-01T21:30:04Z")
    }
    switch letter {
    case "b": return .readMessages(.broadcasts, since: since)
    case "s": return .readMessages(.separateRooms, since: since)
    default: throw wrong("the first argument is b for the lobby or s for your rooms")
    }
  }

  func wrong(_ problem: String) -> CommandError {
    CommandError(
      "\(problem.prefix(1).uppercased())\(problem.dropFirst()). Usage: \(usage)   "
        + "(to say it as it is, begin with a blank)")
  }
}
