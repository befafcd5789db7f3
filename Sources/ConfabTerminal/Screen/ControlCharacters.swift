/// Text of others made safe to show: nothing in it can move the cursor, hide, or reverse words.
package enum ControlCharacters {
  /// Every control, direction or invisible character spelled as `\u{1b}`.
  ///
  /// A joiner stays where writing needs it: inside an emoji, or between letters of the scripts that
  /// shape by it (Arabic to Myanmar). Whoever shows text on a terminal calls this first.
  ///
  /// - Parameter keepingNewlines: whether a line feed stays, as in a message of several lines.
  package static func escaped(_ text: String, keepingNewlines: Bool = true) -> String {
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) || (keepingNewlines && $0 == 0x0A) }) {
      return text
    }
    let scalars = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView()
    for (index, scalar) in scalars.enumerated() {
      let previous = index > 0 ? scalars[index - 1] : nil
      let next = index + 1 < scalars.count ? scalars[index + 1] : nil
      if scalar == "\n" ? keepingNewlines : isShown(scalar, after: previous, before: next) {
        result.append(scalar)
      } else {
        result.append(contentsOf: spelled(scalar).unicodeScalars)
      }
    }
    return String(result)
  }

  static func spelled(_ scalar: Unicode.Scalar) -> String {
    "\\u{" + String(scalar.value, radix: 16) + "}"
  }

  /// Signs of Arabic and its neighbours that Unicode files under "format" and that have ink.
  static func isVisibleFormat(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0600...0x0605, 0x06DD, 0x070F, 0x0890...0x0891, 0x08E2, 0x110BD, 0x110CD: true
    default: false
    }
  }

  private static func isShown(
    _ scalar: Unicode.Scalar, after previous: Unicode.Scalar?, before next: Unicode.Scalar?
  ) -> Bool {
    if scalar.value < 0x7F { return scalar.value >= 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator:
      return false
    case .format:
      return isVisibleFormat(scalar) || joins(scalar, previous, next)
    case .nonspacingMark:
      // A mark over nothing would dress the border of the screen.
      return previous != nil && previous != "\n"
    default:
      // Letters and unassigned characters that Unicode says to show as nothing.
      return !scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  private static func joins(
    _ scalar: Unicode.Scalar, _ previous: Unicode.Scalar?, _ next: Unicode.Scalar?
  ) -> Bool {
    guard let previous else { return false }
    switch scalar.value {
    case 0x200C, 0x200D:
      guard let next else { return false }
      if shapesByJoiner(previous), shapesByJoiner(next) { return true }
      return scalar.value == 0x200D && isEmojiPart(previous) && next.properties.isEmoji
    case 0xE0020...0xE007F:
      // The flags of England, Scotland and Wales: a black flag and letters as tags.
      return previous.value == 0x1F3F4 || (0xE0020...0xE007E).contains(previous.value)
    default:
      return false
    }
  }

  private static func shapesByJoiner(_ scalar: Unicode.Scalar) -> Bool {
    (0x0600...0x109F).contains(scalar.value) && !isVisibleFormat(scalar)
  }

  private static func isEmojiPart(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value == 0xFE0F
      || (scalar.value > 0x7F && scalar.properties.isEmoji)
  }
}
