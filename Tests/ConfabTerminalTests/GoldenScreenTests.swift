import ConfabTerminal
import Primitives
import Testing

@Suite struct GoldenScreenTests {
  @Test func talkInAnOrdinaryTerminal() throws {
    var scene = Scene.talk()
    scene.type("see you at ")
    try GoldenScreen.expect(scene.screen, named: "talk-80x24")
  }

  @Test func talkInALargeTerminal() throws {
    let scene = Scene.talk(width: 120, height: 40, zone: .fixed(3600))
    try GoldenScreen.expect(scene.screen, named: "talk-120x40")
  }

  @Test(arguments: [(40, 12), (20, 5), (30, 8)]) func talkInANarrowTerminal(
    width: Int, height: Int
  ) throws {
    let scene = Scene.talk(width: width, height: height)
    try GoldenScreen.expect(scene.screen, named: "talk-\(width)x\(height)")
  }

  @Test func unreadMarks() throws {
    var scene = Scene.talk()
    for sequence in 1...3 {
      scene.send(
        .message(channel: "@bob", Scene.message(sequence, "bob", "psst"), localID: nil))
    }
    try GoldenScreen.expect(scene.screen, named: "unread")
  }

  @Test func lostConnection() throws {
    var scene = Scene.talk(height: 20)
    scene.send(.connection(.lost(nextAttempt: scene.now.monotonic + .seconds(8))))
    scene.pass(seconds: 3)
    scene.type("is anybody there?\r")
    scene.send(.sendFailed(localID: 1, channel: "#lobby", reason: "the outbox is full"))
    scene.type("hello?\r")
    try GoldenScreen.expect(scene.screen, named: "lost-connection")
  }

  @Test func longAndWideText() throws {
    var scene = Scene.talk()
    let texts = [
      String(repeating: "a long story ", count: 12),
      String(repeating: "x", count: 130),
      "日本語の文章は空白なしで続くので、どこでも折り返すことができます。幅は二桁です。もう少し続きます。",
      "family 👨‍👩‍👧‍👦 flag 🇩🇪 heart ❤️ e\u{301} 한국어 नमस्ते",
    ]
    for (index, text) in texts.enumerated() {
      scene.send(
        .message(channel: "#lobby", Scene.message(7 + index, "bob", text), localID: nil))
    }
    scene.type("日本")
    scene.press(.left)
    try GoldenScreen.expect(scene.screen, named: "long-and-wide")
  }

  @Test func controlCharactersAreEscaped() throws {
    var scene = Scene.talk()
    scene.send(
      .message(
        channel: "#lobby",
        Scene.message(7, "bob", "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m \u{202e}gnp.exe\u{202c}"),
        localID: nil))
    scene.send(
      .message(
        channel: "#lobby", Scene.message(8, "bob", "a\tb\rc\u{2028}d\u{200b}e"), localID: nil))
    try GoldenScreen.expect(scene.screen, named: "control-characters")
  }

  @Test func searchResults() throws {
    var scene = Scene.talk()
    scene.type("/search bread --in #team\r")
    #expect(
      scene.intents == [.command(.search(words: "bread", room: "#team"), channel: "#lobby")])
    scene.send(
      .searchResults(
        words: "bread",
        [
          SearchHit(
            channel: "#team", sequence: 7, from: "bob", at: Scene.start - .seconds(90_000),
            snippet: [.init("who brings the "), .init("bread", isMatch: true), .init("?")]),
          SearchHit(
            channel: "#team", sequence: 9, from: "Carol", at: Scene.start,
            snippet: [
              .init("…I can bring some "), .init("bread", isMatch: true),
              .init(" and also butter, cheese and a few apples from the garden…"),
            ]),
        ]))
    try GoldenScreen.expect(scene.screen, named: "search")
  }

  @Test func help() throws {
    var scene = Scene.talk()
    scene.type("/help\r")
    try GoldenScreen.expect(scene.screen, named: "help")
    scene.press(.pageDown, .pageDown, .pageDown)
    try GoldenScreen.expect(scene.screen, named: "help-end")
  }

  @Test func mistypedCommand() throws {
    var scene = Scene.talk()
    scene.type("/serach bread\r")
    scene.type("\u{15}RDM x yesterday\r")
    try GoldenScreen.expect(scene.screen, named: "mistyped")
  }

  @Test func scrolledBack() throws {
    var scene = Scene.talk()
    let page = (1...100).map { Scene.message($0, $0 % 3 == 0 ? "bob" : "Carol", "word \($0)") }
    scene.send(.page(channel: "#lobby", page, hasOlder: false))
    scene.press(.pageUp, .pageUp)
    let before = scene.screen
    scene.send(.message(channel: "#lobby", Scene.message(101, "bob", "news"), localID: nil))
    #expect(scene.screen.row(10) == before.row(10))
    try GoldenScreen.expect(scene.screen, named: "scrolled-back")
  }

  @Test func completion() throws {
    var scene = Scene.talk()
    scene.type("/msg @\t\t")
    try GoldenScreen.expect(scene.screen, named: "completion")
  }

  @Test func transfersAndALongInput() throws {
    var scene = Scene.talk()
    scene.send(.transfers(TransferLine.examples))
    scene.type("\u{1b}[200~first line\nsecond line\u{1b}[201~")
    scene.type(" that goes on and on until it must be broken somewhere at the right border")
    try GoldenScreen.expect(scene.screen, named: "transfers")
  }

  @Test(arguments: [(120, 40), (40, 12)]) func transfersWhereThereIsMoreRoomAndLess(
    width: Int, height: Int
  ) throws {
    var scene = Scene.talk(width: width, height: height)
    scene.send(.transfers(TransferLine.examples))
    try GoldenScreen.expect(scene.screen, named: "transfers-\(width)x\(height)")
    scene.send(.transfers([]))
    #expect(scene.screen == Scene.talk(width: width, height: height).screen)
  }

  @Test func beforeAnythingIsKnown() throws {
    try GoldenScreen.expect(Scene(width: 60, height: 10).screen, named: "connecting")
  }
}
