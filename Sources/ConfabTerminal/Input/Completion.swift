/// A word being completed with Tab: each press shows the next candidate.
package struct Completion: Hashable, Sendable {
  /// More are not shown; typing another letter narrows them.
  package static let candidatesMax = 200

  /// The text before the word and after the cursor, which stay as they are.
  private let before: String
  private let after: String
  /// What was typed, which comes back with Escape.
  private let typed: String
  package let candidates: [String]
  /// The candidate that stands in the line.
  package private(set) var index = 0

  /// Nil when nothing fits.
  package init?(before: String, typed: String, after: String, candidates: [String]) {
    guard !candidates.isEmpty else { return nil }
    self.before = before
    self.typed = typed
    self.after = after
    self.candidates = Array(candidates.prefix(Self.candidatesMax))
  }

  package mutating func step(by amount: Int) {
    index = (index + amount + candidates.count) % candidates.count
  }

  /// A finished word is followed by a blank; a folder is not finished.
  package func apply(to input: inout InputLine) {
    var word = candidates[index]
    if !word.hasSuffix("/"), !after.hasPrefix(" ") { word += " " }
    input.replace(with: before + word + after, cursor: (before + word).count)
  }

  package func restore(in input: inout InputLine) {
    input.replace(with: before + typed + after, cursor: (before + typed).count)
  }
}

/// The word that the cursor stands at the end of, and what kind of thing it names.
package struct CompletionQuery: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case command
    /// A name with its `@`.
    case person
    /// A room with its `#`.
    case room
    /// A name typed without `@`.
    case bareName
    case file
  }

  package let kind: Kind
  package let before: String
  /// As it is meant.
  package let word: String
  /// As it stands in the line.
  package let typed: String
  /// Blanks in the word need a backslash.
  package let isQuoted: Bool

  package init(textBeforeCursor text: String) {
    let start = text.lastIndex { $0 == " " || $0 == "\n" }.map { text.index(after: $0) }
    let before = String(text[..<(start ?? text.startIndex)])
    let word = String(text[(start ?? text.startIndex)...])
    if let path = Self.path(in: text), !word.hasPrefix("@"), !word.hasPrefix("#") {
      (kind, self.before, self.word) = (.file, String(text[..<path.start]), path.meant)
      (typed, isQuoted) = (String(text[path.start...]), path.isQuoted)
      return
    }
    self.before = before
    self.word = word
    (typed, isQuoted) = (word, false)
    if word.hasPrefix("@") {
      kind = .person
    } else if word.hasPrefix("#") {
      kind = .room
    } else if before.isEmpty, word.hasPrefix("/") {
      kind = .command
    } else {
      kind = .bareName
    }
  }

  /// The path that is being typed; nil where none is wanted.
  private static func path(
    in text: String
  ) -> (start: String.Index, meant: String, isQuoted: Bool)? {
    for command in ["/send-file ", "/receive-into "] where text.hasPrefix(command) {
      let words = QuotedWord.words(of: text.dropFirst(command.count))
      guard let last = words.last, last.isOpen || text.last?.isWhitespace == false else {
        return (text.endIndex, "", true)
      }
      return (last.start, last.text, true)
    }
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.first == "UPD", words.count == 3 else { return nil }
    return (words[2].startIndex, String(words[2]), false)
  }

  /// The candidates that begin with the word, without regard to case, in the order given.
  package func matches(in candidates: [String]) -> [String] {
    let wanted = word.lowercased()
    return candidates.filter { $0.lowercased().hasPrefix(wanted) }
  }
}
