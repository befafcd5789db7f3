import ConfabTerminal
import Testing

@Suite struct ScreenRendererTests {
  @Test(arguments: UInt64(1)...60) func diffShowsExactlyTheNextScreen(seed: UInt64) {
    var chance = Chance(seed: seed)
    let width = chance.number(1...40)
    let height = chance.number(1...12)
    let renderer = ScreenRenderer(colour: true)
    var terminal = TerminalEmulator(width: width, height: height)
    var previous: Screen?
    for step in 0..<20 {
      let next = chance.screen(width: width, height: height)
      terminal.feed(renderer.bytes(from: previous, to: next))
      let isShown = terminal.shows(next)
      #expect(isShown, "step \(step): \(terminal.differences(from: next))")
      previous = next
    }
  }

  @Test func sameScreenCostsNothing() {
    var chance = Chance(seed: 7)
    let screen = chance.screen(width: 20, height: 5)
    #expect(ScreenRenderer(colour: true).bytes(from: screen, to: screen).isEmpty)
  }

  @Test func oneChangedCellCostsLittle() {
    var old = Screen(width: 80, height: 24)
    old.draw(StyledLine("hello world"), column: 0, row: 3)
    var new = old
    new.draw(StyledLine("J"), column: 0, row: 3)
    let bytes = ScreenRenderer(colour: true).bytes(from: old, to: new)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "\u{1b}[?2026h\u{1b}[?25l\u{1b}[0m\u{1b}[4;1HJ\u{1b}[?2026l")
  }

  @Test func withoutColourNoColourIsWritten() {
    var screen = Screen(width: 10, height: 1)
    screen.draw(StyledLine("red", style: Style(bold: true, colour: .red)), column: 0, row: 0)
    let plain = String(
      decoding: ScreenRenderer(colour: false).bytes(from: nil, to: screen), as: UTF8.self)
    let coloured = String(
      decoding: ScreenRenderer(colour: true).bytes(from: nil, to: screen), as: UTF8.self)
    #expect(plain.contains("\u{1b}[0;1m") && !plain.contains("31"))
    #expect(coloured.contains("\u{1b}[0;1;31m"))
  }

  @Test func leavingUndoesEntering() {
    let enter = String(decoding: ScreenRenderer.enter, as: UTF8.self)
    let leave = String(decoding: ScreenRenderer.leave, as: UTF8.self)
    for mode in ["?1049", "?2004"] {
      #expect(enter.contains("[\(mode)h") && leave.contains("[\(mode)l"))
    }
    #expect(enter.contains("[?7l") && leave.contains("[?7h") && leave.contains("[?25h"))
  }
}
