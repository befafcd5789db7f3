import ConfabTerminal
import Primitives

/// Random things to show and to type, the same for the same seed.
struct Chance {
  var random: SeededRandom

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  mutating func pick<T>(_ values: [T]) -> T { values[number(0...(values.count - 1))] }

  private static let pieces = [
    "a", "b", " ", " ", "word", "日", "本語", "é", "e\u{301}", "👍", "👨‍👩‍👧", "🇩🇪", "한", "\n", "\t",
    "\u{1b}[31m", "\u{202e}", "\u{200d}", "\u{fe0f}", "\u{301}", "@alice", "#team", "/", "/edit",
    "0",
    "18446744073709551616", "BCM", "RDM b ", "SRM", "…", "|", "\r\n", "\u{9b}", "ｗ", "\u{1F1E9}",
  ]

  mutating func text(piecesMax: Int = 12) -> String {
    (0..<number(0...piecesMax)).map { _ in pick(Self.pieces) }.joined()
  }

  mutating func style() -> Style {
    Style(
      bold: random.chance(0.3), dim: random.chance(0.2), reverse: random.chance(0.2),
      colour: random.chance(0.5) ? pick(Colour.allCases) : nil)
  }

  mutating func screen(width: Int, height: Int) -> Screen {
    var screen = Screen(width: width, height: height)
    for _ in 0..<number(0...(height * 2)) {
      screen.draw(
        StyledLine(text(), style: style()), column: number(-2...width), row: number(-1...height),
        limit: number(0...(width + 2)))
    }
    if random.chance(0.8) {
      screen.cursor = Screen.Position(
        column: number(0...(width - 1)), row: number(0...(height - 1)))
    }
    return screen
  }

  private static let keys: [Key] = [
    .enter, .newline, .tab, .backTab, .backspace, .delete, .escape, .up, .down, .left, .right,
    .home,
    .end, .pageUp, .pageDown, .altUp, .altDown, .wordLeft, .wordRight, .wordBackspace,
    .control("a"), .control("e"), .control("k"), .control("u"), .control("w"), .control("y"),
    .control("n"), .control("p"), .control("l"), .alt("a"), .text("/"), .text("@"), .text("x"),
    .text("日"), .text("\u{301}"), .text("👍"),
  ]

  mutating func event() -> ChatEvent {
    let channel = pick(["#lobby", "#team", "@bob", "#x"])
    switch number(0...19) {
    case 0: return .channels(summaries())
    case 1: return .message(channel: channel, message(), localID: pick([nil, 1, 2]))
    case 2:
      let messages = (0..<number(0...30)).map { _ in message() }
      return .page(channel: channel, messages, hasOlder: random.chance(0.5))
    case 3: return .edited(channel: channel, sequence: number(1...60), text: text())
    case 4: return .deleted(channel: channel, sequence: number(1...60))
    case 5: return .connection(connection())
    case 6: return .notice(Notice(pick([.error, .output, .information]), text()), channel: nil)
    case 7:
      return .sent(localID: number(1...9), channel: channel, sequence: number(1...80), at: time())
    case 8: return .sendFailed(localID: number(1...9), channel: channel, reason: text())
    case 9: return .people(channel: channel, people())
    case 10:
      let transfers = (0..<number(0...7)).map { index in
        TransferLine(
          number: index, name: text(), pick([.sending, .receiving]), text(),
          fraction: pick([nil, 0.5, -1, 7, .nan]), details: [text(), text()],
          isRunning: random.chance(0.5))
      }
      return .transfers(transfers)
    case 11: return .key(.paste(text(piecesMax: 60)))
    case 12: return pick([.channelRemoved(channel), .show(channel: channel), .tick])
    case 13: return .resize(width: number(1...200), height: number(1...60))
    default: return .key(pick(Self.keys))
    }
  }

  private mutating func time() -> WallTime {
    WallTime(millisecondsSinceEpoch: Int64(number(-1_000_000_000...2_000_000_000_000)))
  }

  private mutating func connection() -> ConnectionState {
    pick([
      .connecting, .connected, .connected,
      .lost(nextAttempt: MonotonicTime(nanoseconds: UInt64(number(0...5_000_000_000)))),
      .refused(reason: text()),
    ])
  }

  private mutating func message() -> ChatMessage {
    ChatMessage(
      sequence: number(1...80), from: pick(["alice", "bob", text()]), at: time(),
      text: text(piecesMax: 80), isEdited: random.chance(0.2), isDeleted: random.chance(0.1),
      replyTo: pick([nil, number(1...80)]),
      reactions: random.chance(0.2) ? [Reaction(emoji: text(), count: 2, isMine: true)] : [])
  }

  private mutating func people() -> [Person] {
    (0..<number(0...40)).map { _ in
      Person(name: "p\(number(0...99))", activeSince: random.chance(0.5) ? time() : nil)
    }
  }

  private mutating func summaries() -> [ChannelSummary] {
    ["#lobby", "#team", "@bob"].map { key in
      ChannelSummary(
        key: key, kind: pick([.lobby, .privateRoom, .direct]), unread: number(0...2_000),
        mentions: number(0...3), readThrough: number(0...80), isClosed: random.chance(0.2))
    }
  }
}
