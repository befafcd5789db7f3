import ConfabTerminal
import Primitives
import Testing

@Suite struct ChatModelTests {
  @Test func aLineIsSentAndConfirmed() {
    var scene = Scene.talk()
    #expect(
      scene.type("hello\r")
        == [.send(localID: 1, channel: "#lobby", text: "hello", replyTo: nil)])
    #expect(scene.model.current?.timeline.unsentCount == 1)
    #expect(scene.screen.text.contains { $0.hasSuffix("alice: hello (sending…)") })
    let marked = scene.send(.sent(localID: 1, channel: "#lobby", sequence: 7, at: scene.now.wall))
    #expect(marked == [.markRead(channel: "#lobby", through: 7)])
    #expect(scene.model.current?.timeline.unsentCount == 0)
    #expect(scene.model.current?.timeline.message(7)?.text == "hello")
  }

  @Test func confirmationAndArrivalMakeOneMessageInEitherOrder() {
    for arrivesFirst in [true, false] {
      var scene = Scene.talk()
      scene.type("hello\r")
      let arrival = ChatEvent.message(
        channel: "#lobby", Scene.message(7, "alice", "hello"), localID: nil)
      let confirmation = ChatEvent.sent(
        localID: 1, channel: "#lobby", sequence: 7, at: scene.now.wall)
      for event in arrivesFirst ? [arrival, confirmation] : [confirmation, arrival] {
        scene.send(event)
      }
      #expect(scene.model.current?.timeline.entries.count == 7)
      #expect(scene.model.current?.timeline.unsentCount == 0)
    }
  }

  @Test func readingIsToldOnceAndOnlyForWhatIsOnShow() {
    var scene = Scene.talk()
    let message = Scene.message(4, "bob", "hi @alice")
    #expect(scene.send(.message(channel: "#team", message, localID: nil)).isEmpty)
    #expect(scene.model.channel("#team")?.summary.unread == 13)
    #expect(scene.model.channel("#team")?.summary.mentions == 2)
    #expect(scene.send(.tick).isEmpty)
    scene.press(.pageUp)
    #expect(
      scene.send(.message(channel: "#lobby", Scene.message(7, "bob", "x"), localID: nil))
        == [.markRead(channel: "#lobby", through: 7)], "everything fits: nothing is scrolled")
  }

  @Test func whatIsDeletedIsNotUnread() {
    var scene = Scene.talk()
    let message = Scene.message(16, "bob", "hi @alice")
    scene.send(.message(channel: "#team", message, localID: nil))
    for _ in 1...2 { scene.send(.deleted(channel: "#team", sequence: 16)) }
    #expect(scene.model.channel("#team")?.summary.unread == 12)
    #expect(scene.model.channel("#team")?.summary.mentions == 1)
    // One that is not here, and one that was read.
    scene.send(.deleted(channel: "#team", sequence: 14))
    scene.send(.deleted(channel: "#team", sequence: 2))
    #expect(scene.model.channel("#team")?.summary.unread == 11)
  }

  @Test func theBellRingsOnceForWhatIsMeantForTheReader() {
    var scene = Scene.talk()
    func rings(_ channel: String, _ sequence: Int, _ from: String, _ text: String) -> Bool {
      let message = Scene.message(sequence, from, text)
      return scene.send(.message(channel: channel, message, localID: nil)).contains(.ring)
    }
    #expect(!rings("#a-room-with-a-long-name", 1_201, "bob", "hello"))
    #expect(rings("#a-room-with-a-long-name", 1_202, "bob", "hello @alice"))
    #expect(!rings("#a-room-with-a-long-name", 1_203, "bob", "@alice?"))
    // There was a mention already when the chat began.
    #expect(!rings("#team", 16, "bob", "@alice"))
    #expect(rings("@bob", 1, "bob", "hello"))
    #expect(!rings("@bob", 2, "bob", "are you there"))
    #expect(!rings("#lobby", 7, "bob", "@alice"), "it is on show")

    scene.send(.show(channel: "@bob"))
    #expect(!rings("@bob", 3, "bob", "I see you"))
    scene.send(.show(channel: "#lobby"))
    #expect(!rings("@bob", 4, "alice", "from another device"))
    #expect(rings("@bob", 5, "bob", "wait"))
  }

  /// Clocks went back by an hour on 25 October 2026, at 1:00 UTC.
  @Test func timesAreShownAsClocksShowedThem() {
    let change = CivilDate(year: 2026, month: 10, day: 25, hour: 1).wallTime()
    var scene = Scene.talk(
      zone: LocalZone(offset: { $0 < change ? 7200 : 3600 }, offsetShowing: { _ in 3600 }))
    let hours = [-2, -1, 0, 1].map { change + .seconds($0 * 3600) }
    let page = hours.enumerated().map { index, time in
      ChatMessage(sequence: 100 + index, from: "bob", at: time, text: "word")
    }
    scene.send(.page(channel: "#lobby", page, hasOlder: true))
    let times = scene.screen.text.filter { $0.contains("bob: word") }.map { line in
      line.firstMatch(of: /\d\d:\d\d/).map { String($0.0) }
    }
    #expect(times == ["01:00", "02:00", "02:00", "03:00"])
  }

  @Test func whileScrolledBackNothingIsRead() {
    var scene = Scene.talk()
    let page = (1...60).map { Scene.message($0, "bob", "word \($0)") }
    scene.send(.page(channel: "#lobby", page, hasOlder: true))
    scene.press(.pageUp)
    #expect(
      scene.send(.message(channel: "#lobby", Scene.message(61, "bob", "x"), localID: nil)).isEmpty)
    #expect(scene.model.current?.summary.unread == 1)
    #expect(scene.press(.escape) == [.markRead(channel: "#lobby", through: 61)])
    #expect(scene.model.current?.summary.unread == 0)
  }

  @Test func scrollingToTheTopAsksForOlderMessagesOnce() {
    var scene = Scene.talk()
    let page = (101...160).map { Scene.message($0, "bob", "word \($0)") }
    scene.send(.page(channel: "#lobby", page, hasOlder: true))
    var intents: [ChatIntent] = []
    for _ in 0..<8 { intents += scene.press(.pageUp) }
    #expect(
      intents == [
        .loadOlder(
          channel: "#lobby", before: 101, count: ChatLimits.historyPageMessages)
      ])
    let top = scene.screen.text
    let older = (50...100).map { Scene.message($0, "bob", "word \($0)") }
    scene.send(.page(channel: "#lobby", older, hasOlder: false))
    // The header and the day line moved up with the older messages; the rest holds still.
    #expect(scene.screen.text[5..<20] == top[5..<20])
    for _ in 0..<8 { scene.press(.pageDown) }
    #expect(scene.model.current?.scroll == nil)
  }

  @Test func missedMessagesAreAskedFor() {
    var scene = Scene.talk()
    let intents = scene.send(
      .message(channel: "#lobby", Scene.message(10, "bob", "later"), localID: nil))
    #expect(intents.first == .loadOlder(channel: "#lobby", before: 10, count: 3))
    scene.send(
      .page(channel: "#lobby", (7...9).map { Scene.message($0, "bob", "gap") }, hasOlder: true))
    let sequences = scene.model.current?.timeline.entries.compactMap(\.sequence)
    #expect(sequences == Array(1...10))
    #expect(scene.model.current?.timeline.hasOlder == false)
  }

  @Test func switchingKeepsDraftsAndAsksForTheChannel() {
    var scene = Scene.talk()
    scene.type("half a tho")
    #expect(scene.press(.control("n")) == [.open(channel: "#team")])
    #expect(scene.model.input.isEmpty && scene.model.currentKey == "#team")
    #expect(scene.model.current?.newAfter == 3)
    scene.press(.altUp)
    #expect(scene.model.input.text == "half a tho")
    #expect(scene.press(.altUp) == [.open(channel: "@bob")])
  }

  @Test func altAVisitsWhatIsUnreadMentionsFirst() {
    var scene = Scene.talk()
    scene.send(
      .unread(channel: "#a-room-with-a-long-name", unread: 1, mentions: 0, readThrough: 0))
    #expect(scene.press(.alt("a")) == [.open(channel: "#team")])
    scene.send(.page(channel: "#team", [Scene.message(15, "bob", "x")], hasOlder: true))
    #expect(scene.press(.alt("a")) == [.open(channel: "#a-room-with-a-long-name")])
  }

  @Test func theLineOfNewMessagesStandsWhereReadingStopped() {
    func lines(firstSequence: Int, readThrough: Int) -> [String] {
      var scene = Scene()
      scene.send(.connection(.connected))
      scene.send(
        .channels([
          ChannelSummary(key: "#lobby", kind: .lobby, unread: 3, readThrough: readThrough)
        ]))
      let page = (firstSequence...(firstSequence + 3)).map { Scene.message($0, "bob", "word") }
      scene.send(.page(channel: "#lobby", page, hasOlder: true))
      return scene.screen.text.filter { $0.contains("new messages") || $0.contains("word") }
        .map { $0.contains("new messages") ? "new" : "word" }
    }
    #expect(lines(firstSequence: 1, readThrough: 2) == ["word", "word", "new", "word", "word"])
    #expect(lines(firstSequence: 1, readThrough: 0) == ["new", "word", "word", "word", "word"])
    #expect(lines(firstSequence: 9, readThrough: 2) == ["word", "word", "word", "word"])
  }

  @Test func anAnswerScrollsToItselfAndNewsDoNot() {
    var scene = Scene.talk()
    let page = (1...60).map { Scene.message($0, "bob", "word \($0)") }
    scene.send(.page(channel: "#lobby", page, hasOlder: false))
    scene.press(.pageUp)
    scene.send(.notice(Notice(.information, "dave joined"), channel: "#lobby"))
    #expect(scene.model.current?.scroll != nil)
    scene.type("/unraed\r")
    #expect(scene.model.current?.scroll == nil)
  }

  @Test func commandsReachTheShellWithTheirChannel() {
    var scene = Scene.talk()
    #expect(scene.type("/who\r") == [.command(.who, channel: "#lobby")])
    #expect(
      scene.type("/edit 3 better\r") == [.edit(channel: "#lobby", sequence: 3, text: "better")])
    #expect(scene.type("/react 4 👍\r") == [.react(channel: "#lobby", sequence: 4, emoji: "👍")])
    #expect(
      scene.type("/reply 4 yes\r")
        == [.send(localID: 1, channel: "#lobby", text: "yes", replyTo: 4)])
    #expect(
      scene.type("/msg @erin hi\r")
        == [.open(channel: "@erin"), .send(localID: 2, channel: "@erin", text: "hi", replyTo: nil)])
    #expect(scene.type("OUT\r") == [.signOut])
    #expect(scene.type("/quit\r") == [.quit])
    #expect(
      scene.type("UPD bob a.txt\r")
        == [.command(.classic(.upload(to: "bob", file: "a.txt")), channel: "@erin")])
  }

  @Test func whatCannotBeSentStaysInTheInput() {
    var scene = Scene.talk()
    for line in ["/edit 4 not mine", "/delete 5", "/nonsense", String(repeating: "x", count: 8193)]
    {
      scene.press(.control("u"))
      #expect(scene.type(line + "\r").isEmpty)
      #expect(scene.model.input.text == line)
    }
    scene.press(.control("u"))
    scene.send(.show(channel: "#archive"))
    #expect(scene.type("hello\r").isEmpty)
    #expect(scene.model.input.text == "hello")
  }

  @Test func whatIsTypedTakesThePlaceOfARefusedCommand() {
    var scene = Scene.talk()
    scene.type("/nonsense\rhello")
    #expect(scene.model.input.text == "hello")
    scene.press(.control("u"), .up)
    #expect(scene.model.input.text == "/nonsense")
    // Whoever mends it goes on with it.
    scene.press(.enter, .left, .backspace)
    scene.type("S")
    #expect(scene.model.input.text == "/nonsenSe")
    // A message is not taken away.
    scene.press(.control("u"))
    scene.send(.show(channel: "#archive"))
    scene.type("hello\r there")
    #expect(scene.model.input.text == "hello there")
  }

  @Test func unsentMessagesAreBounded() {
    var scene = Scene.talk()
    scene.send(.connection(.connecting))
    for _ in 0..<ChatLimits.unsentMessagesMax { #expect(scene.type("x\r").count == 1) }
    #expect(scene.type("x\r").isEmpty)
  }

  @Test func ctrlCClearsAndThenQuits() {
    var scene = Scene.talk()
    scene.type("text")
    #expect(scene.press(.control("c")).isEmpty && scene.model.input.isEmpty)
    scene.press(.text("x"), .backspace)
    #expect(scene.press(.control("c")).isEmpty)
    #expect(scene.press(.control("c")) == [.quit])
    #expect(scene.press(.control("d")) == [.quit])
    #expect(scene.press(.control("l")) == [.redraw])
  }

  @Test func tabCyclesAndEscapeRestores() {
    var scene = Scene.talk()
    scene.type("hi @")
    scene.press(.tab)
    #expect(scene.model.input.text == "hi @bob ")
    scene.press(.backTab)
    #expect(scene.model.input.text == "hi @dave ")
    scene.press(.escape)
    #expect(scene.model.input.text == "hi @" && scene.model.completion == nil)
    scene.press(.control("u"))
    scene.type("/se\t")
    #expect(scene.model.input.text == "/search ")
    scene.press(.control("u"))
    #expect(scene.type("/send-file le\t") == [.listFiles(prefix: "le")])
    scene.send(.files(prefix: "le", ["lecture one.mp4"]))
    #expect(scene.model.input.text == "/send-file lecture\\ one.mp4 ")
    #expect(scene.type("UPD\t") == [.listFiles(prefix: "UPD")])
    scene.send(.files(prefix: "UPD", ["UPD 2"]))
    #expect(scene.model.input.text == "/send-file lecture\\ one.mp4 UPD\\ 2 ")
  }

  @Test func leavingFilesOnTheirWayIsAskedAboutOnce() {
    var scene = Scene.talk()
    scene.send(.transfers([.sending(1, "talk.mp4", to: "@bob")]))
    #expect(scene.type("/quit\r") == [])
    #expect(scene.screen.text.contains { $0.contains("1 transfer is not finished.") })
    #expect(scene.type("/quit\r") == [.quit])
    // What ended is forgotten, and so is the answer.
    scene.send(.transfers([]))
    scene.send(.transfers([.sending(2, "talk.mp4", to: "@bob")]))
    #expect(scene.press(.control("d")) == [])
    #expect(scene.type("OUT\r") == [.signOut])
  }

  @Test func anOfferIsNoReasonToStay() {
    var scene = Scene.talk()
    var offer = TransferLine.sending(1, "talk.mp4", to: "@bob")
    (offer.direction, offer.isRunning) = (.receiving, false)
    scene.send(.transfers([offer]))
    #expect(scene.press(.control("d")) == [.quit])
  }

  @Test func aRemarkLeavesTheReaderWhereTheyAre() {
    var scene = Scene.talk()
    let page = (1...100).map { Scene.message($0, "bob", "word \($0)") }
    scene.send(.page(channel: "#lobby", page, hasOlder: false))
    scene.press(.pageUp)
    let before = scene.screen.row(10)
    scene.send(.remark(Notice(.information, "talk.mp4 has arrived at bob.")))
    #expect(scene.screen.row(10) == before)
  }

  @Test func arrowsMoveInATextAndThroughTheHistory() {
    var scene = Scene.talk()
    scene.type("first\r")
    scene.type("one\ntwo")
    scene.press(.up)
    #expect(scene.model.input.text == "one\ntwo" && scene.model.input.cursor == 3)
    scene.press(.up)
    #expect(scene.model.input.text == "first")
    scene.press(.down)
    #expect(scene.model.input.text == "one\ntwo")
  }

  @Test func losingARoomShowsAnother() {
    var scene = Scene.talk()
    scene.send(.show(channel: "#team"))
    #expect(scene.send(.channelRemoved("#team")) == [.open(channel: "#lobby")])
    #expect(scene.screen.text.contains { $0.hasSuffix("You are no longer in #team.") })
  }

  @Test func aRenamedRoomStaysOnShow() {
    var scene = Scene.talk()
    scene.send(.show(channel: "#team"))
    scene.send(.channelRenamed(from: "#team", to: "#crew"))
    #expect(scene.model.currentKey == "#crew" && scene.model.current != nil)
  }

  @Test func entriesAreBounded() {
    var scene = Scene.talk()
    for sequence in 1...700 {
      scene.send(
        .message(channel: "#team", Scene.message(sequence, "bob", "x"), localID: nil))
    }
    let timeline = scene.model.channel("#team")?.timeline
    #expect(timeline?.entries.count == ChatLimits.entriesInBackgroundMax)
    #expect(timeline?.hasOlder == true && timeline?.firstSequence == 201)
  }
}
