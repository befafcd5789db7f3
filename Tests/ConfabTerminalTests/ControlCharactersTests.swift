import ConfabTerminal
import Testing

@Suite struct ControlCharactersTests {
  @Test(arguments: [
    ("plain text ~", "plain text ~"),
    ("\u{1b}[2J", "\\u{1b}[2J"),
    ("a\tb\u{0}\u{7f}", "a\\u{9}b\\u{0}\\u{7f}"),
    ("\u{9b}31m\u{85}", "\\u{9b}31m\\u{85}"),
    ("one\ntwo\r\n", "one\ntwo\\u{d}\n"),
    ("\u{202e}evil\u{202c}", "\\u{202e}evil\\u{202c}"),
    ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
    ("\u{200e}\u{200f}\u{61c}", "\\u{200e}\\u{200f}\\u{61c}"),
    ("a\u{200b}b\u{200c}c\u{200d}d", "a\\u{200b}b\\u{200c}c\\u{200d}d"),
    ("\u{2028}\u{2029}\u{feff}\u{ad}", "\\u{2028}\\u{2029}\\u{feff}\\u{ad}"),
    ("\u{301}x", "\\u{301}x"),
    ("\u{e0041}", "\\u{e0041}"),
    ("é e\u{301} 日本 ❤\u{fe0f}", "é e\u{301} 日本 ❤\u{fe0f}"),
    ("👨‍👩‍👧‍👦 👍🏽 🏳️‍🌈", "👨‍👩‍👧‍👦 👍🏽 🏳️‍🌈"),
    ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
    ("می\u{200c}روم", "می\u{200c}روم"),
  ]) func escaped(text: String, shown: String) {
    #expect(Array(ControlCharacters.escaped(text).unicodeScalars) == Array(shown.unicodeScalars))
  }

  @Test func newlineIsEscapedWhereOneLineIsWanted() {
    #expect(ControlCharacters.escaped("a\nb", keepingNewlines: false) == "a\\u{a}b")
  }

  /// Whatever is shown, no scalar of it may do anything to a terminal.
  @Test func noControlCharacterSurvives() {
    for value in UInt32(0)...0x2FFF {
      guard let scalar = Unicode.Scalar(value), scalar != "\n" else { continue }
      let shown = ControlCharacters.escaped("x" + String(scalar) + "y")
      let isControl = shown.unicodeScalars.contains {
        $0.value < 0x20 || (0x7F...0x9F).contains($0.value)
          || [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
          || (0x200B...0x200F).contains($0.value) || (0x202A...0x202E).contains($0.value)
          || (0x2060...0x206F).contains($0.value)
      }
      #expect(!isControl, "\(value)")
    }
  }
}
