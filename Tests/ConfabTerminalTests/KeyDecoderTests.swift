import ConfabTerminal
import Primitives
import Testing

@Suite struct KeyDecoderTests {
  private func keys(_ text: String) -> [Key] {
    var decoder = KeyDecoder()
    return decoder.decode(Array(text.utf8)) + decoder.flush()
  }

  @Test(
    arguments: [
      ("a", [.text("a")]), ("é", [.text("é")]), ("日", [.text("日")]), ("👍", [.text("👍")]),
      ("\r", [.enter]), ("\n", [.newline]), ("\u{1b}\r", [.newline]), ("\t", [.tab]),
      ("\u{1b}[Z", [.backTab]), ("\u{7f}", [.backspace]), ("\u{8}", [.backspace]),
      ("\u{1}\u{5}\u{15}\u{b}\u{17}\u{c}\u{3}\u{4}\u{e}\u{10}", "aeukwlcdnp".map { .control($0) }),
      ("\u{1b}[A\u{1b}[B\u{1b}[C\u{1b}[D", [.up, .down, .right, .left]),
      ("\u{1b}OA\u{1b}OB\u{1b}OC\u{1b}OD", [.up, .down, .right, .left]),
      ("\u{1b}[H\u{1b}[F\u{1b}OH\u{1b}OF", [.home, .end, .home, .end]),
      ("\u{1b}[1~\u{1b}[4~\u{1b}[7~\u{1b}[8~", [.home, .end, .home, .end]),
      ("\u{1b}[3~\u{1b}[5~\u{1b}[6~", [.delete, .pageUp, .pageDown]),
      ("\u{1b}[1;3A\u{1b}[1;3B\u{1b}\u{1b}[A", [.altUp, .altDown, .altUp]),
      ("\u{1b}[1;5C\u{1b}[1;3D\u{1b}b", [.wordRight, .wordLeft, .alt("b")]),
      ("\u{1b}a\u{1b}\u{7f}", [.alt("a"), .wordBackspace]),
      ("\u{1b}", [.escape]), ("\u{1b}\u{1b}", [.escape]), ("\u{1b}[", [.alt("[")]),
      ("\u{1b}[200~two\r\nlines\rhere\u{1b}[201~x", [.paste("two\nlines\nhere"), .text("x")]),
      ("\u{1b}[200~\u{1b}[A\u{1b}[201~", [.paste("\u{1b}[A")]),
      ("\u{1b}[99;9;9u\u{1b}[15~\u{1b}[[A\u{1b}[?1;2cx", [.text("x")]),
      ("\u{1b}]11;rgb:0/0/0\u{7}\u{1b}P1$r0m\u{1b}\\x", [.text("x")]),
      ("\u{0}\u{1c}x", [.text("x")]),
    ] as [(String, [Key])]) func decodes(text: String, expected: [Key])
  {
    #expect(keys(text) == expected)
  }

  @Test func invalidUTF8IsReplacedAndTheRestSurvives() {
    var decoder = KeyDecoder()
    let bytes: [UInt8] = [0xFF, 0x61, 0xC3, 0x62, 0xED, 0xA0, 0x80, 0x63, 0xC2, 0x9B, 0x64]
    let keys = decoder.decode(bytes)
    let replaced = Key.text("\u{FFFD}")
    #expect(
      keys == [replaced, .text("a"), replaced, .text("b"), replaced, .text("c"), .text("d")])
  }

  @Test func onlyAnUnfinishedSequenceWaits() {
    var decoder = KeyDecoder()
    #expect(!decoder.isWaiting)
    #expect(decoder.decode([0x1B]).isEmpty && decoder.isWaiting)
    #expect(decoder.decode(Array("[1;".utf8)).isEmpty && decoder.isWaiting)
    #expect(decoder.flush().isEmpty && !decoder.isWaiting)
    #expect(decoder.decode([0xE6]).isEmpty && !decoder.isWaiting)
    #expect(decoder.flush().isEmpty)
    #expect(decoder.decode([0x97, 0xA5]) == [.text("日")])
  }

  @Test func aLongPasteIsBoundedAndASequenceToo() {
    let long = String(repeating: "x", count: KeyDecoder.pasteBytesMax)
    #expect(keys("\u{1b}[200~\(long)yz\u{1b}[201~") == [.paste(long)])
    #expect(keys("\u{1b}[200~\(long)\u{1b}[201~") == [.paste(long)])
    let digits = String(repeating: "1", count: KeyDecoder.sequenceBytesMax + 1)
    #expect(keys("\u{1b}[\(digits)x") == [.text("x")])
  }

  @Test(arguments: UInt64(1)...100) func chunksDoNotMatter(seed: UInt64) {
    var chance = Chance(seed: seed)
    let pieces = [
      "a", "é", "日", "👍", "\u{1b}[A", "\u{1b}[1;3B", "\u{1b}OC", "\u{1b}a", "\u{1b}\r",
      "\u{1b}\u{1b}",
      "\u{1b}[200~paste\r\n\u{1b}[201~", "\u{1b}[[A", "\u{1b}]x\u{7}", "\r", "\t", "\u{3}", "[",
      "~",
    ]
    var bytes: [UInt8] = []
    for _ in 0..<chance.number(1...60) {
      if chance.random.chance(0.1) {
        bytes.append(UInt8(chance.number(0...255)))
      } else {
        bytes += Array(chance.pick(pieces).utf8)
      }
    }
    var whole = KeyDecoder()
    let expected = whole.decode(bytes) + whole.flush()
    var parts = KeyDecoder()
    var keys: [Key] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = min(rest.count, chance.number(1...5))
      keys += parts.decode(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    #expect(keys + parts.flush() == expected)
  }
}
