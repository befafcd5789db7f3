import ConfabTerminal
import Testing

@Suite struct ScreenTests {
  @Test(arguments: [
    ("a", 1), ("日", 2), ("ｗ", 2), ("é", 1), ("e\u{301}", 1), ("👍", 2), ("👍🏽", 2),
    ("👨‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("❤\u{fe0f}", 2), ("❤", 1), ("한", 2), ("\u{1112}\u{1161}\u{11ab}", 2),
    ("\u{7}", 0), ("\u{301}", 0), ("\u{10ffff}", 1), ("", 0), ("日本 go", 7),
  ]) func width(text: String, width: Int) {
    #expect(DisplayWidth.of(text) == width)
  }

  @Test func drawingClipsAtEveryBorder() {
    var screen = Screen(width: 4, height: 2)
    screen.draw(StyledLine("abcdef"), column: -2, row: 0)
    screen.draw(StyledLine("xyz"), column: 2, row: 1, limit: 1)
    screen.draw(StyledLine("none"), column: 0, row: 2)
    screen.draw(StyledLine("none"), column: 4, row: 0)
    #expect(screen.text == ["cdef", "  x"])
  }

  @Test func halfOfAWideCharacterIsBlank() {
    var screen = Screen(width: 4, height: 1)
    screen.draw(StyledLine("日本"), column: 1, row: 0)
    #expect(screen.text == [" 日"])
    screen.draw(StyledLine("x"), column: 2, row: 0)
    #expect(screen.text == ["  x"])
  }

  @Test func lineIsCutWithAnEllipsis() {
    #expect(StyledLine("abcdef").clipped(to: 4).text == "abc…")
    #expect(StyledLine("日本語").clipped(to: 4).text == "日…")
    #expect(StyledLine("日本語").fitted(to: 4).width == 4)
    #expect(StyledLine("ab").clipped(to: 0).text == "")
    #expect(StyledLine("ab").fitted(to: 4).text == "ab  ")
  }

  @Test func wrapBreaksBetweenWords() {
    func wrap(_ text: String, _ width: Int, following: Int? = nil) -> [String] {
      WordWrap.lines(StyledLine(text), width: width, following: following).map(\.text)
    }
    #expect(wrap("", 5) == [""])
    #expect(wrap("hello", 5) == ["hello"])
    #expect(wrap("hello world", 5) == ["hello", "world"])
    #expect(wrap("hello world", 7) == ["hello", "world"])
    #expect(wrap("one two three", 8, following: 3) == ["one two", "thr", "ee"])
    #expect(wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"])
    #expect(wrap("日本語", 4) == ["日本", "語"])
    #expect(wrap("日本語", 5) == ["日本", "語"])
    #expect(wrap("日本。語", 4) == ["日", "本。", "語"])
  }

  @Test(arguments: UInt64(1)...40) func wrapKeepsEveryLetterAndTheWidth(seed: UInt64) {
    var chance = Chance(seed: seed)
    for _ in 0..<20 {
      let line = StyledLine(chance.text(piecesMax: 40))
      let width = chance.number(2...20)
      let lines = WordWrap.lines(line, width: width, following: chance.number(2...20))
      #expect(lines[0].width <= width)
      func letters(_ text: String) -> String { String(text.filter { $0 != " " }) }
      #expect(letters(lines.map(\.text).joined()) == letters(line.text))
    }
  }

  @Test func namesKeepTheirColour() {
    #expect(Colour.forName("alice") == Colour.forName("Alice"))
    #expect(Set((0..<100).map { Colour.forName("p\($0)") }).count == Colour.allCases.count - 1)
    #expect(!(0..<100).map { Colour.forName("p\($0)") }.contains(.red))
  }
}
