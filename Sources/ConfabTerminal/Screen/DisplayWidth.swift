/// How many columns text takes on a terminal.
package enum DisplayWidth {
  /// 0, 1 or 2.
  ///
  /// A cluster takes the sum of its parts, but never more than the two columns that terminals give
  /// to an emoji however many parts it is made of.
  package static func of(_ character: Character) -> Int {
    if character.isASCII { return character == "\r\n" ? 0 : asciiWidth(character) }
    var width = 0
    for scalar in character.unicodeScalars {
      // Variation selector 16 asks for the picture form of the character before it.
      if scalar.value == 0xFE0F, width > 0 { return 2 }
      width += of(scalar)
      if width >= 2 { return 2 }
    }
    return width
  }

  package static func of(_ text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + of($1) }
  }

  private static func asciiWidth(_ character: Character) -> Int {
    guard let value = character.asciiValue else { return 0 }
    return value < 0x20 || value == 0x7F ? 0 : 1
  }

  static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return scalar.value < 0x20 || scalar.value == 0xAD ? 0 : 1 }
    // Vowels and final consonants of Hangul join the syllable that the first consonant opened.
    if (0x1160...0x11FF).contains(scalar.value) { return 0 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .control, .lineSeparator, .paragraphSeparator:
      return 0
    case .format:
      return ControlCharacters.isVisibleFormat(scalar) ? 1 : 0
    default:
      return isWide(scalar.value) || scalar.properties.isEmojiPresentation ? 2 : 1
    }
  }

  private static func isWide(_ value: UInt32) -> Bool {
    guard value >= wideRanges[0].lowerBound else { return false }
    var low = 0
    var high = wideRanges.count
    while low < high {
      let middle = (low + high) / 2
      if value > wideRanges[middle].upperBound {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < wideRanges.count && wideRanges[low].contains(value)
  }
}
