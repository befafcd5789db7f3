/// A word of a line as shells read lines: blanks part words, unless they stand in quotes or behind a
/// backslash. So a path that a terminal pastes is one word, whatever its name holds.
package struct QuotedWord: Hashable, Sendable {
  /// As it is meant.
  package var text: String
  /// Where it begins in the line.
  package var start: String.Index
  /// Its first character stands as it is, neither quoted nor behind a backslash.
  package var isBare: Bool
  /// A quote was opened in it and not closed, or a backslash has nothing behind it.
  package var isOpen: Bool

  package static func words(of line: Substring) -> [QuotedWord] {
    var words: [QuotedWord] = []
    var word: QuotedWord?
    var quote: Character?
    var isEscaped = false
    for index in line.indices {
      let character = line[index]
      if word == nil {
        if character.isWhitespace { continue }
        let isBare = !"'\"\\".contains(character)
        word = QuotedWord(text: "", start: index, isBare: isBare, isOpen: false)
      }
      if isEscaped {
        word?.text.append(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word?.text.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character.isWhitespace {
        if let word { words.append(word) }
        word = nil
      } else {
        word?.text.append(character)
      }
    }
    guard var last = word else { return words }
    last.isOpen = quote != nil || isEscaped
    return words + [last]
  }

  /// How a text is typed so that it is one word.
  package static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      if character.isWhitespace || "'\"\\".contains(character) { escaped.append("\\") }
      escaped.append(character)
    }
    return escaped
  }
}
