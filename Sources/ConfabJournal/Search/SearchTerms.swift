import ConfabDomain

/// What a person searches for: all of the terms must be in a text.
package struct SearchTerms: Hashable, Sendable {
  package struct Term: Hashable, Sendable {
    /// As typed. One word, or several that must stand together.
    package var text: String
    /// Whether the last word may go on.
    package var isPrefix: Bool
  }

  package private(set) var terms: [Term] = []

  /// Enough for what people type; more would only be work.
  package static let termsMax = 32
  package static let bytesMax = 1_024

  /// Any text is good that holds a word; marks without a word in them mean nothing.
  package init(_ typed: String) throws(JournalError) {
    guard typed.utf8.count <= Self.bytesMax else {
      throw .searchInvalid("Search for fewer words: at most \(Self.bytesMax) bytes.")
    }
    var rest = typed[...]
    while let character = rest.first {
      if character.isWhitespace {
        rest.removeFirst()
      } else if character == "\"" {
        rest.removeFirst()
        let phrase = rest.prefix { $0 != "\"" }
        rest = rest.dropFirst(phrase.count + 1)
        let isPrefix = rest.first == "*"
        if isPrefix { rest.removeFirst() }
        add(phrase, isPrefix: isPrefix)
      } else {
        let word = rest.prefix { !$0.isWhitespace && $0 != "\"" }
        rest = rest.dropFirst(word.count)
        add(word, isPrefix: word.last == "*")
      }
    }
    guard !terms.isEmpty else { throw .searchInvalid("Type at least one word to search for.") }
    guard terms.count <= Self.termsMax else {
      throw .searchInvalid("Search for fewer words: at most \(Self.termsMax).")
    }
  }

  private mutating func add(_ text: Substring, isPrefix: Bool) {
    // SQLite's text ends at the first U+0000.
    let text = String(text.filter { $0 != "\0" })
    guard !Words(text).all.isEmpty else { return }
    terms.append(Term(text: text, isPrefix: isPrefix))
  }
}
