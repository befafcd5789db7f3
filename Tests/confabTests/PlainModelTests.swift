import ConfabTerminal
import Primitives
import Testing
import confab

@Suite struct PlainModelTests {
  private let noon = WallTime(millisecondsSinceEpoch: 1_795_348_804_000)  // 22 Nov 2026 12:00:04

  private func model(in channel: String = "#lobby") -> PlainModel {
    PlainModel(
      account: "ann", channel: channel, zone: .fixed(0))
  }

  private func connected(
    in channel: String = "#lobby", _ summaries: [ChannelSummary]? = nil
  ) -> PlainModel {
    var model = model(in: channel)
    _ = model.update(.connection(.connected), at: noon)
    _ = model.update(
      .channels(summaries ?? [ChannelSummary(key: "#lobby", kind: .lobby)]), at: noon)
    _ = model.takeLines()
    return model
  }

  private func message(_ sequence: Int, from: String = "bob", _ text: String = "hi") -> ChatMessage
  {
    ChatMessage(sequence: sequence, from: from, at: noon, text: text)
  }

  @Test func aMessageIsOneLine() {
    var model = connected()
    let hostile = "one\ntwo\u{1b}[2J"
    _ = model.update(.message(channel: "#lobby", message(12, hostile), localID: nil), at: noon)
    #expect(model.takeLines() == [.output("#lobby 12 12:00:04 bob: one / two\\u{1b}[2J")])
  }

  @Test func openingShowsOnlyWhatIsUnread() {
    let summary = ChannelSummary(key: "#lobby", kind: .lobby, unread: 1, readThrough: 2)
    var model = connected([summary])
    let page = [message(1), message(2), message(3)]
    let intents = model.update(.page(channel: "#lobby", page, hasOlder: false), at: noon)
    #expect(model.takeLines() == [.output("#lobby 3 12:00:04 bob: hi")])
    #expect(intents == [.markRead(channel: "#lobby", through: 3)])
  }

  @Test func nothingIsPrintedTwice() {
    var model = connected()
    _ = model.update(.message(channel: "#lobby", message(1), localID: nil), at: noon)
    _ = model.update(.page(channel: "#lobby", [message(1), message(2)], hasOlder: false), at: noon)
    _ = model.update(.message(channel: "#lobby", message(2), localID: nil), at: noon)
    #expect(model.takeLines().count == 2)
  }

  @Test func otherChannelsAreTold() {
    var model = connected()
    let intents = model.update(.message(channel: "@bob", message(1), localID: nil), at: noon)
    #expect(model.takeLines() == [.output("@bob 1 12:00:04 bob: hi")])
    // It was not opened, so it counts as unread on other devices.
    #expect(intents.isEmpty)
    _ = model.enter("/unread")
    #expect(model.takeLines() == [.output("@bob 1 unread")])
    _ = model.update(.deleted(channel: "@bob", sequence: 1), at: noon)
    _ = model.takeLines()
    _ = model.enter("/unread")
    #expect(model.takeLines() == [.output("Nothing is unread.")])
  }

  @Test func aLineIsSentAndACommandIsAsked() {
    var model = connected()
    #expect(
      model.enter("hello") == [.send(localID: 1, channel: "#lobby", text: "hello", replyTo: nil)])
    #expect(model.enter("/who") == [.command(.who, channel: "#lobby")])
    #expect(model.enter("  ") == [])
    #expect(model.enter("OUT") == [.signOut])
    #expect(model.enter("/quit") == [.quit])
    #expect(model.takeLines().isEmpty)
    #expect(model.failure == nil)
  }

  @Test func whatIsWrongIsAnError() {
    var model = connected()
    #expect(model.enter("/wo") == [])
    guard case .error(let words)? = model.takeLines().first else {
      Issue.record("no error")
      return
    }
    #expect(words.contains("/who"))
    #expect(model.failure == .usage)
  }

  @Test func messagingAPersonGoesThere() {
    var model = connected()
    let intents = model.enter("/msg bob hello")
    #expect(
      intents == [
        .open(channel: "@bob"),
        .send(localID: 1, channel: "@bob", text: "hello", replyTo: nil),
      ])
    #expect(model.currentKey == "@bob")
  }

  /// Words must not go to another room than the one they were meant for.
  @Test func aRoomThatOneIsNotInStaysTheTarget() {
    var model = model(in: "#secret")
    _ = model.update(.connection(.connected), at: noon)
    let intents = model.update(
      .channels([ChannelSummary(key: "#lobby", kind: .lobby)]), at: noon)
    #expect(intents.isEmpty)
    #expect(model.currentKey == "#secret")
    #expect(model.failure == .refused)
  }

  @Test func anAcknowledgedMessageThatWasNotHeardIsTold() {
    var model = connected()
    _ = model.enter("one")
    _ = model.enter("two")
    _ = model.update(.sent(localID: 1, channel: "#lobby", sequence: 4, at: noon), at: noon)
    _ = model.update(.sent(localID: 2, channel: "#lobby", sequence: 5, at: noon), at: noon)
    _ = model.update(
      .message(channel: "#lobby", message(4, from: "ann", "one"), localID: nil), at: noon)
    #expect(model.takeLines() == [.output("#lobby 4 12:00:04 ann: one")])
    #expect(model.takeUnheard() == ["#lobby 5 12:00:04 ann: two"])
    #expect(model.takeUnheard().isEmpty)
  }

  @Test func historyGoesOnFromTheOldestPrinted() {
    var model = connected()
    #expect(
      model.enter("/history 2") == [.loadOlder(channel: "#lobby", before: .max, count: 2)])
    _ = model.update(.page(channel: "#lobby", [message(8), message(7)], hasOlder: true), at: noon)
    #expect(model.takeLines().count == 2)
    #expect(model.enter("/history 2") == [.loadOlder(channel: "#lobby", before: 7, count: 2)])
  }

  @Test func aRefusedMessageFails() {
    var model = connected()
    _ = model.enter("hello")
    _ = model.update(.sendFailed(localID: 1, channel: "#lobby", reason: "No."), at: noon)
    #expect(model.takeLines() == [.error("Not sent to #lobby: No.")])
    #expect(model.failure == .refused)
    #expect(model.takeUnheard().isEmpty)
  }

  @Test func onATerminalLeavingFilesIsAskedAboutOnce() {
    for (asks, first) in [(true, []), (false, [ChatIntent.quit])] {
      var model = PlainModel(
        account: "ann", channel: "#lobby", zone: .fixed(0), asksBeforeLeaving: asks)
      let line = TransferLine(
        number: 1, name: "a", .sending, "@bob", details: [], isRunning: true)
      _ = model.update(.transfers([line]), at: noon)
      #expect(model.enter("/quit") == first)
      #expect(model.enter("/quit") == [.quit])
    }
  }
}
