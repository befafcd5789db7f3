import Foundation

/// The words of a text, as FTS5's tokenizer `unicode61 remove_diacritics 2` finds them: runs of
/// letters, numbers and private-use characters, without regard to case and accents.
///
/// SQLite knows an older Unicode than Swift; where they differ, only the marks in a snippet do.
package struct Words: Sendable {
  package struct Word: Sendable {
    package var folded: String
    package var range: Range<String.Index>
  }

  package private(set) var all: [Word] = []

  package init(_ text: String) {
    if text.utf8.allSatisfy({ $0 < 128 }) { addASCII(text) } else { addUnicode(text) }
  }

  /// The same, many times as fast: searches read hundreds of texts.
  private mutating func addASCII(_ text: String) {
    let bytes = text.utf8
    var begin: String.Index?
    var index = bytes.startIndex
    while index != bytes.endIndex {
      if Self.isASCIIWordPart(bytes[index]) {
        begin = begin ?? index
      } else if let first = begin {
        addASCII(first..<index, of: bytes)
        begin = nil
      }
      index = bytes.index(after: index)
    }
    if let begin { addASCII(begin..<bytes.endIndex, of: bytes) }
  }

  private mutating func addASCII(_ range: Range<String.Index>, of bytes: String.UTF8View) {
    let folded = String(
      unsafeUninitializedCapacity: bytes.distance(from: range.lowerBound, to: range.upperBound)
    ) { buffer in
      var count = 0
      for byte in bytes[range] {
        buffer[count] = (65...90).contains(byte) ? byte | 32 : byte
        count += 1
      }
      return count
    }
    all.append(Word(folded: folded, range: range))
  }

  private static func isASCIIWordPart(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122: true
    default: false
    }
  }

  private mutating func addUnicode(_ text: String) {
    let scalars = text.unicodeScalars
    var begin: String.Index?
    for index in scalars.indices {
      if Self.isWordPart(scalars[index], continuing: begin != nil) {
        begin = begin ?? index
      } else if let first = begin {
        add(first..<index, of: text)
        begin = nil
      }
    }
    if let begin { add(begin..<text.endIndex, of: text) }
  }

  private mutating func add(_ range: Range<String.Index>, of text: String) {
    all.append(Word(folded: Self.fold(text[range]), range: range))
  }

  private static func isWordPart(_ scalar: Unicode.Scalar, continuing: Bool) -> Bool {
    if scalar.isASCII { return isASCIIWordPart(UInt8(truncatingIfNeeded: scalar.value)) }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber, .privateUse:
      true
    // An accent of its own belongs to the letter before it.
    case .nonspacingMark: continuing && isAccent(scalar)
    default: false
    }
  }

  /// The combining accents of Latin, Greek and Cyrillic.
  private static func isAccent(_ scalar: Unicode.Scalar) -> Bool {
    (0x300...0x331).contains(scalar.value)
  }

  private static func fold(_ word: Substring) -> String {
    var folded = String.UnicodeScalarView()
    for scalar in word.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars
    where !isAccent(scalar) {
      folded.append(scalar)
    }
    return String(folded)
  }
}

/// A term in folded words, ready to be looked for.
package struct Phrase: Sendable {
  private var words: [String]
  private var isPrefix: Bool

  package init(_ term: SearchTerms.Term) {
    words = Words(term.text).all.map(\.folded)
    isPrefix = term.isPrefix
  }

  /// Where the phrase begins and ends among the words of a text.
  package func matches(in text: Words) -> [Range<Int>] {
    guard !words.isEmpty, text.all.count >= words.count else { return [] }
    return (0...text.all.count - words.count).compactMap { start in
      stands(at: start, in: text) ? start..<start + words.count : nil
    }
  }

  private func stands(at start: Int, in text: Words) -> Bool {
    for (offset, word) in words.enumerated() {
      let found = text.all[start + offset].folded
      let isLast = offset == words.count - 1
      guard found == word || (isLast && isPrefix && found.hasPrefix(word)) else { return false }
    }
    return true
  }
}
