// Commands about files on their way.
extension ChatCommand {
  static func parseOnFiles(
    _ name: String, _ arguments: inout CommandArguments
  ) throws(CommandError) -> ChatCommand {
    switch name {
    case "/accept": return .accept(number: try arguments.optionalNumber())
    case "/decline": return .decline(number: try arguments.optionalNumber())
    case "/cancel": return .cancelTransfer(number: try arguments.optionalNumber())
    case "/transfers": return .transfers
    case "/receive-into":
      let words = try arguments.quotedWords()
      guard words.count <= 1 else { throw arguments.wrong("one folder at a time") }
      return .receiveInto(folder: words.first?.text)
    default: return try parseSendFile(&arguments)
    }
  }

  /// Paths, and among them a word with `@` or `#` that says to whom.
  private static func parseSendFile(
    _ arguments: inout CommandArguments
  ) throws(CommandError) -> ChatCommand {
    var paths: [String] = []
    var to: String?
    for word in try arguments.quotedWords() {
      guard word.isBare, word.text.hasPrefix("@") || word.text.hasPrefix("#") else {
        paths.append(word.text)
        continue
      }
      guard to == nil else { throw arguments.wrong("only one @name or #room at a time") }
      to =
        word.text.hasPrefix("@")
        ? try arguments.person(word.text) : try arguments.room(word.text)
    }
    guard !paths.isEmpty else { throw arguments.wrong("the path is missing") }
    return .sendFile(paths: paths, to: to)
  }
}

extension CommandArguments {
  /// The number of a transfer, where one is given.
  fileprivate mutating func optionalNumber() throws(CommandError) -> Int? {
    isEmpty ? nil : try number("the number of the transfer")
  }

  /// All that is left, as a shell would read it.
  fileprivate mutating func quotedWords() throws(CommandError) -> [QuotedWord] {
    let words = QuotedWord.words(of: Substring(optionalText() ?? ""))
    guard !words.contains(where: \.isOpen) else { throw wrong("a quote is not closed") }
    return words
  }
}
