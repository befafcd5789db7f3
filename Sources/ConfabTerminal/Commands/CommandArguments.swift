/// The rest of a command line, taken word by word. Blanks between words do not count.
struct CommandArguments {
  private var rest: Substring
  private let usage: String

  init(_ text: Substring, usage: String) {
    rest = text
    self.usage = usage
  }

  var isEmpty: Bool { rest.allSatisfy(\.isWhitespace) }

  mutating func word() -> String? {
    rest = rest.drop(while: \.isWhitespace)
    let word = rest.prefix { !$0.isWhitespace }
    rest = rest.dropFirst(word.count)
    return word.isEmpty ? nil : String(word)
  }

  mutating func words() -> [String] {
    var words: [String] = []
    while let word = word() { words.append(word) }
    return words
  }

  mutating func requiredWord(_ what: String) throws(CommandError) -> String {
    guard let word = word() else { throw wrong("\(what) is missing") }
    return word
  }

  /// A message's number, with or without `#`.
  mutating func number(_ what: String) throws(CommandError) -> Int {
    let word = try requiredWord(what)
    let digits = word.hasPrefix("#") ? word.dropFirst() : word[...]
    guard let number = Int(digits), number > 0, digits.first?.isNumber == true else {
      throw wrong("\"\(word)\" is not a number from 1")
    }
    return number
  }

  /// All that is left, as typed; a blank text is missing.
  mutating func text(_ what: String = "the text") throws(CommandError) -> String {
    guard let text = optionalText() else { throw wrong("\(what) is missing") }
    return text
  }

  mutating func optionalText() -> String? {
    let text = rest.drop(while: \.isWhitespace)
    rest = ""
    return text.isEmpty ? nil : String(text)
  }

  /// Nothing may be left.
  mutating func end() throws(CommandError) {
    if let word = word() { throw wrong("\"\(word)\" is too much") }
  }

  func wrong(_ problem: String) -> CommandError {
    CommandError("\(problem.prefix(1).uppercased())\(problem.dropFirst()). Usage: \(usage)")
  }
}
