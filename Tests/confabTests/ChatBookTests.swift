import ConfabTerminal
import ConfabWire
import Primitives
import SwiftProtobuf
import Testing
import confab

@Suite struct ChatBookTests {
  static func room(
    _ id: UInt64, _ label: String, kind: WireChannelKind = .private, sequence: UInt64 = 0,
    unread: UInt64 = 0, position: UInt64 = 1
  ) -> WireChannelInfo {
    var info = WireChannelInfo()
    (info.id, info.label, info.kind, info.number) = (id, label, kind, id)
    (info.sequence, info.unread, info.position) = (sequence, unread, position)
    info.readThrough = sequence - unread
    info.joined = true
    return info
  }

  static func posted(
    _ channel: UInt64, _ sequence: UInt64, by: String = "bob", position: UInt64? = nil
  ) -> WireEvent {
    var event = WireEvent()
    (event.channel, event.position, event.by) = (channel, position ?? sequence + 1, by)
    var message = WireMessage()
    (message.sequence, message.text) = (sequence, "hello")
    event.posted = message
    return event
  }

  static func reacted(
    _ channel: UInt64, _ sequence: UInt64, _ emoji: String, by: String, position: UInt64,
    removed: Bool = false
  ) -> WireEvent {
    var event = WireEvent()
    (event.channel, event.position, event.by) = (channel, position, by)
    var reacted = WireReacted()
    (reacted.sequence, reacted.emoji, reacted.removed) = (sequence, emoji, removed)
    event.reacted = reacted
    return event
  }

  private func took(_ event: WireEvent, _ book: inout ChatBook) -> [ChatEvent] {
    book.took(event) { _ in nil }
  }

  private func summaries(_ events: [ChatEvent]) -> [ChannelSummary]? {
    for case .channels(let summaries) in events { return summaries }
    return nil
  }

  private func reactions(_ events: [ChatEvent]) -> [Reaction]? {
    for case .reactions(_, _, let reactions) in events { return reactions }
    return nil
  }

  @Test func channelsAreToldOnceWhatWasMissedHasBeenTold() {
    var book = ChatBook(account: "ann")
    #expect(summaries(book.connected([Self.room(2, "#plans")])) == nil)
    #expect(summaries(book.caughtUp())?.map(\.key) == ["#plans"])
    #expect(book.caughtUp().isEmpty)
  }

  @Test func theListHasLobbyThenRoomsThenPeople() {
    var book = ChatBook(account: "ann")
    _ = book.connected([
      Self.room(3, "@bob", kind: .direct), Self.room(4, "#Zoo"), Self.room(5, "#alps"),
      Self.room(1, "#lobby", kind: .lobby),
    ])
    #expect(summaries(book.caughtUp())?.map(\.key) == ["#lobby", "#alps", "#Zoo", "@bob"])
  }

  /// The server's count holds what was missed already, and those messages are told one by one as well.
  @Test func missedMessagesAreNotCountedTwice() {
    var book = ChatBook(account: "ann")
    _ = book.connected([Self.room(2, "#plans", sequence: 5)])
    _ = book.caughtUp()
    _ = book.connected([Self.room(2, "#plans", sequence: 7, unread: 2, position: 8)])
    _ = took(Self.posted(2, 6), &book)
    _ = took(Self.posted(2, 7), &book)
    // One more came between the list and the fetching.
    _ = took(Self.posted(2, 8), &book)
    #expect(summaries(book.caughtUp())?.first?.unread == 3)
  }

  @Test func whatIsDeletedIsNotUnread() {
    func deleted(_ sequence: UInt64, position: UInt64) -> WireEvent {
      .with {
        ($0.channel, $0.position, $0.by) = (2, position, "bob")
        $0.deleted.sequence = sequence
      }
    }
    var book = ChatBook(account: "ann")
    _ = book.connected([Self.room(2, "#plans", sequence: 7, unread: 2, position: 8)])
    // The list counts without it already.
    _ = took(deleted(6, position: 8), &book)
    _ = book.caughtUp()
    #expect(book.unread.map(\.unread) == [2])
    _ = took(deleted(7, position: 9), &book)
    #expect(book.unread.map(\.unread) == [1])
    _ = took(deleted(2, position: 10), &book)
    #expect(book.unread.map(\.unread) == [1])
  }

  @Test func anOwnMessageFromAnotherDeviceReadsTheChannel() {
    var book = ChatBook(account: "ann")
    _ = book.connected([Self.room(2, "#plans", sequence: 5, unread: 2)])
    _ = book.caughtUp()
    let events = took(Self.posted(2, 6, by: "ann"), &book)
    guard case .unread("#plans", 0, 0, 6)? = events.last else {
      Issue.record("\(events)")
      return
    }
    #expect(book.unread.isEmpty)
  }

  @Test func aNewConversationCountsItsMessagesOneByOne() {
    var book = ChatBook(account: "ann")
    _ = book.connected([])
    _ = book.caughtUp()
    let info = Self.room(9, "@bob", kind: .direct, sequence: 1, unread: 1)
    guard case .channel(let summary)? = book.changed(info).first else {
      Issue.record("no channel")
      return
    }
    #expect(summary.unread == 0)
    _ = took(Self.posted(9, 1), &book)
    #expect(book.unread.map(\.unread) == [1])
  }

  @Test func aRenameThatTheListKnowsIsNotToldAgain() {
    var book = ChatBook(account: "ann")
    _ = book.connected([Self.room(2, "#plans")])
    _ = book.caughtUp()
    let events = book.connected([Self.room(2, "#trips", position: 5)])
    let renames = events.filter { if case .channelRenamed = $0 { true } else { false } }
    #expect(renames.count == 1)
    var event = WireEvent()
    (event.channel, event.position, event.by) = (2, 4, "bob")
    event.renamed = WireRoomRenamed()
    event.renamed.name = "between"
    let replayed = took(event, &book).filter {
      if case .channelRenamed = $0 { true } else { false }
    }
    #expect(replayed.isEmpty)
    #expect(book.key(of: 2) == "#trips")
  }

  /// Closing a room frees its name, and the old room keeps it for who looks back.
  @Test func anOpenRoomHasTheNameOfAClosedOne() {
    var book = ChatBook(account: "ann")
    var closed = Self.room(7, "#plans")
    closed.closed = true
    _ = book.connected([closed])
    _ = book.caughtUp()
    #expect(book.reference("#plans").id == 7)
    _ = book.connected([closed, Self.room(5, "#plans")])
    #expect(summaries(book.caughtUp())?.map(\.isClosed) == [false])
    #expect(book.reference("#plans").id == 5)
    #expect(book.reference("#else").name == "#else")
  }

  @Test func reactionsAddUpAndAreTakenBack() {
    var book = ChatBook(account: "ann")
    _ = book.connected([Self.room(2, "#plans", sequence: 1)])
    _ = book.caughtUp()
    _ = took(Self.reacted(2, 1, "👍", by: "bob", position: 2), &book)
    let both = reactions(took(Self.reacted(2, 1, "👍", by: "ann", position: 3), &book))
    #expect(both == [Reaction(emoji: "👍", count: 2, isMine: true)])
    #expect(book.reaction("👍", on: 1, in: "#plans")?.isMine == true)
    let one = reactions(took(Self.reacted(2, 1, "👍", by: "ann", position: 4, removed: true), &book))
    #expect(one == [Reaction(emoji: "👍", count: 1, isMine: false)])
    let none = reactions(
      took(Self.reacted(2, 1, "👍", by: "bob", position: 5, removed: true), &book))
    #expect(none == [])
  }

  /// A page and the event about the same change may come in either order.
  @Test func aChangeToldByPageAndEventCountsOnce() {
    var book = ChatBook(account: "ann")
    _ = book.connected([Self.room(2, "#plans", sequence: 1)])
    _ = book.caughtUp()
    let event = Self.reacted(2, 1, "👍", by: "bob", position: 2)
    var page = WireMessageList()
    (page.channel, page.asOfPosition) = (2, 2)
    var message = WireMessage()
    message.sequence = 1
    message.reactions = [WireReaction()]
    (message.reactions[0].emoji, message.reactions[0].names, message.reactions[0].count) =
      ("👍", ["bob"], 1)
    page.messages = [message]
    _ = book.took(page)
    #expect(reactions(took(event, &book)) == [Reaction(emoji: "👍", count: 1, isMine: false)])

    // Read before the change and told after it.
    page.asOfPosition = 1
    page.messages[0].reactions = []
    #expect(book.took(page).first?.reactions == [Reaction(emoji: "👍", count: 1, isMine: false)])
  }

  @Test func presenceIsToldOnce() {
    var book = ChatBook(account: "ann")
    var bob = WirePresence()
    (bob.name, bob.active, bob.since) = ("bob", true, 1_000)
    #expect(book.took(bob).count == 1)
    #expect(book.took(bob).isEmpty)
    #expect(book.activeSince("bob") == WallTime(millisecondsSinceEpoch: 1_000))
    // Nobody said so, but the list has bob no longer.
    #expect(book.tookActive([]).count == 1)
    #expect(book.activeSince("bob") == nil)
  }
}
