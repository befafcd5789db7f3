import ConfabClient
import ConfabDomain
import ConfabNetwork
import ConfabTerminal
import ConfabWire
import Foundation
import Primitives
import SwiftProtobuf
import Synchronization
import Testing
import confab

/// A server that answers from a table and remembers what it was asked.
private final class FakeLink: ChatLink {
  typealias Request = WireClientFrame.OneOf_Body
  typealias Answer = WireServerFrame.OneOf_Body

  private let requests = Mutex<[Request]>([])
  private let answer: @Sendable (Request) throws -> Answer

  init(_ answer: @escaping @Sendable (Request) throws -> Answer = { _ in .done(WireDone()) }) {
    self.answer = answer
  }

  var asked: [Request] { requests.withLock { $0 } }

  func request(_ body: Request) async throws -> Answer {
    requests.withLock { $0.append(body) }
    return try answer(body)
  }
}

/// What the screen was told.
private final class Told: Sendable {
  private let events = Mutex<[ChatEvent]>([])

  var all: [ChatEvent] { events.withLock { $0 } }
  func add(_ event: ChatEvent) { events.withLock { $0.append(event) } }

  var notices: [String] {
    all.compactMap { event in
      guard case .notice(let notice, _) = event else { return nil }
      return notice.lines.map(\.text).joined(separator: "\n")
    }
  }
}

@Suite final class ChatSessionTests {
  private let folder: String
  private let profile: Profile
  private let server: KnownServer
  private let told = Told()

  init() throws {
    folder = NSTemporaryDirectory() + "confab-chat-\(UInt64.random(in: 0 ... .max))"
    profile = try Profile(named: nil, environment: ["CONFAB_HOME": folder])
    server = KnownServer(
      address: try HostPort(server: "127.0.0.1:4747"), pin: nil,
      place: String(repeating: "0", count: 32), account: "ann", token: nil)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func session(_ outbox: Outbox) -> ChatSession {
    ChatSession(account: "ann", outbox: outbox) { [told] in told.add($0) }
  }

  private func session() throws -> ChatSession { session(try profile.outbox(of: server)) }

  /// Does the intents and what follows from them.
  private func perform(_ intents: [ChatIntent], in session: ChatSession) async {
    let running = Task { await session.run() }
    for intent in intents { session.perform(intent) }
    await session.settle()
    running.cancel()
    await running.value
  }

  @Test func openingAsksForMessagesAndPeople() async throws {
    let session = try session()
    let link = FakeLink { request in
      switch request {
      case .readMessages(let read):
        var list = WireMessageList()
        // A frame holds one message, so that one page takes two.
        var message = WireMessage()
        message.sequence = read.bound == nil ? 2 : 1
        (list.messages, list.more) = ([message], read.bound == nil)
        return .messageList(list)
      case .listMembers:
        var list = WireMemberList()
        list.members = [WireMember()]
        list.members[0].name = "bob"
        return .memberList(list)
      default: return .presenceList(WirePresenceList())
      }
    }
    await session.connected(link, [ChatBookTests.room(1, "#lobby", kind: .lobby)])
    await session.caughtUp()
    await perform([.open(channel: "#lobby")], in: session)
    var pages: [[Int]] = []
    var people: [String] = []
    for event in told.all {
      if case .page("#lobby", let messages, false) = event {
        pages.append(messages.map(\.sequence))
      }
      if case .people("#lobby", let list) = event { people = list.map(\.name) }
    }
    #expect(pages == [[1, 2]])
    #expect(people == ["bob"])
  }

  @Test func withoutAConnectionACommandIsRefusedAndAMessageWaits() async throws {
    let outbox = try profile.outbox(of: server)
    let session = session(outbox)
    await perform(
      [
        .command(.who, channel: "#lobby"),
        .send(localID: 1, channel: "#lobby", text: "hello", replyTo: nil),
      ], in: session)
    #expect(told.notices == [ChatError.offline.description])
    #expect(outbox.drafts.map(\.text) == ["hello"])
    #expect(session.drafts.tryNext()?.text == "hello")
  }

  @Test func anAnswerLeavesTheOutboxEmpty() async throws {
    let outbox = try profile.outbox(of: server)
    let session = session(outbox)
    await perform([.send(localID: 7, channel: "#lobby", text: "hello", replyTo: nil)], in: session)
    let draft = try #require(session.drafts.tryNext())
    var sent = WireSent()
    (sent.channel, sent.label, sent.sequence) = (1, "#lobby", 12)
    try await session.answered(draft, .success(sent))
    await session.delivered()
    #expect(outbox.drafts.isEmpty)
    guard case .sent(7, "#lobby", 12, _)? = told.all.last else {
      Issue.record("\(told.all)")
      return
    }
  }

  @Test func aRefusedMessageLeavesTheOutboxWithItsReason() async throws {
    let outbox = try profile.outbox(of: server)
    let session = session(outbox)
    await perform([.send(localID: 7, channel: "#no", text: "hello", replyTo: nil)], in: session)
    let draft = try #require(session.drafts.tryNext())
    try await session.answered(draft, .failure(Rejection(.channelUnknown, "No such room.")))
    #expect(outbox.drafts.isEmpty)
    guard case .sendFailed(7, "#no", "No such room.")? = told.all.last else {
      Issue.record("\(told.all)")
      return
    }
  }

  @Test func anEarlierRunsMessagesComeAsUnsent() async throws {
    try await {
      let session = try self.session()
      await self.perform(
        [.send(localID: 1, channel: "#lobby", text: "kept", replyTo: 4)], in: session)
    }()
    let session = try session()
    await session.tellUnsent()
    guard case .unsent("#lobby", let unsent)? = told.all.last else {
      Issue.record("\(told.all)")
      return
    }
    #expect(unsent.text == "kept")
    #expect(unsent.replyTo == 4)
    #expect(await session.undeliveredCount == 1)
  }

  @Test func aMessageFollowsItsRoomToANewName() async throws {
    try await {
      let session = try self.session()
      await session.connected(FakeLink(), [ChatBookTests.room(2, "#plans")])
      await session.caughtUp()
      await self.perform(
        [.send(localID: 1, channel: "#plans", text: "for us", replyTo: nil)], in: session)
    }()
    let outbox = try profile.outbox(of: server)
    let session = session(outbox)
    await session.tellUnsent()
    // Meanwhile the room is called otherwise, and its name is another's.
    await session.connected(
      FakeLink(), [ChatBookTests.room(2, "#ideas"), ChatBookTests.room(5, "#plans")])
    let renames = told.all.compactMap { event in
      if case .channelRenamed(let old, let new) = event { "\(old) \(new)" } else { nil }
    }
    #expect(renames == ["#plans #ideas"])
    let draft = try #require(outbox.drafts.first)
    guard case .send(let send) = draft.request(retry: true) else { return }
    #expect(send.channel == .numbered(2))
    try await session.answered(draft, .failure(Rejection(.notAMember, "You are not in it.")))
    guard case .sendFailed(1, "#ideas", _)? = told.all.last else {
      Issue.record("\(told.all)")
      return
    }
  }

  @Test func theOwnMessageIsKnownByItsID() async throws {
    let session = try session()
    await session.connected(FakeLink(), [ChatBookTests.room(1, "#lobby", kind: .lobby)])
    await session.caughtUp()
    await perform([.send(localID: 3, channel: "#lobby", text: "hello", replyTo: nil)], in: session)
    let draft = try #require(session.drafts.tryNext())
    var event = ChatBookTests.posted(1, 1, by: "ann")
    event.posted.id.append(contentsOf: draft.id.bytes)
    await session.took(event)
    guard case .message("#lobby", _, localID: 3)? = told.all.last else {
      Issue.record("\(told.all)")
      return
    }
  }

  @Test func theSameEmojiOnceMoreTakesItBack() async throws {
    let session = try session()
    let link = FakeLink()
    await session.connected(link, [ChatBookTests.room(1, "#lobby", kind: .lobby, sequence: 1)])
    await session.caughtUp()
    let react = ChatIntent.react(channel: "#lobby", sequence: 1, emoji: "👍")
    await perform([react], in: session)
    await session.took(ChatBookTests.reacted(1, 1, "👍", by: "ann", position: 2))
    await perform([react], in: session)
    let removals = link.asked.compactMap { request in
      if case .react(let react) = request { react.remove } else { nil }
    }
    #expect(removals == [false, true])
  }

  @Test func marksAreTakenTogether() async throws {
    let session = try session()
    let link = FakeLink()
    await session.connected(link, [])
    await perform(
      (1...50).map { .markRead(channel: "#lobby", through: $0) }, in: session)
    await session.finish()
    let marks = link.asked.compactMap { request in
      if case .markRead(let mark) = request { mark.sequence } else { nil }
    }
    #expect(marks == [50])
  }

  @Test func aRefusalIsToldInItsWords() async throws {
    let session = try session()
    let link = FakeLink { _ in throw Rejection(.notAMember, "You are not in this room.") }
    await session.connected(link, [])
    await perform([.command(.leave(room: nil), channel: "#plans")], in: session)
    #expect(told.notices.last == "You are not in this room.")
  }

  @Test func filesAreRefusedInWords() async throws {
    let session = try session()
    await perform([.command(.sendFile(paths: ["a"], to: nil), channel: "#lobby")], in: session)
    #expect(told.notices == ["Files cannot be handed over here."])
  }

  @Test func aMeetingIsFoundByItsLink() async throws {
    let session = try session()
    let link = FakeLink { request in
      switch request {
      case .watchMeeting(let watch) where !watch.stop:
        return .meetingStanding(
          .with {
            $0.info.channel = 3
            $0.info.label = "#plans"
            $0.info.meeting = 7
            $0.info.names = ["ben"]
            $0.info.count = 1
          })
      case .createSignInCode:
        return .signInCode(
          .with {
            $0.code = Data(repeating: 255, count: 16)
            $0.pin = "abc"
            $0.webAddress = "https://192.0.2.1:4747"
          })
      default: return .done(WireDone())
      }
    }
    await session.connected(
      link,
      [
        .with {
          ($0.id, $0.label, $0.kind, $0.number, $0.joined) = (3, "#plans", .private, 2, true)
        }
      ])
    await session.caughtUp()
    await perform([.command(.meet(room: nil), channel: "#plans")], in: session)
    let words = try #require(told.notices.first { $0.contains("/meeting") })
    #expect(words.contains("In #plans's meeting: ben (1)"))
    #expect(
      words.contains(
        "https://192.0.2.1:4747/room/2/meeting#pin=abc&code=_____________________w"))
  }

  @Test func whereOneIsAlreadyNothingIsAsked() async throws {
    let session = try session()
    await session.connected(
      FakeLink { _ in .done(WireDone()) },
      [.with { ($0.id, $0.label, $0.kind, $0.joined) = (3, "#Plans", .private, true) }])
    await session.caughtUp()
    await session.lost("The connection was lost.", nextAttempt: .seconds(1))
    await perform([.command(.join(room: "#plans"), channel: "#lobby")], in: session)
    guard case .show(channel: "#Plans")? = told.all.last else {
      Issue.record("\(told.all)")
      return
    }
  }

  @Test func whoIsNotActiveIsOffline() async throws {
    let session = try session()
    await session.connected(FakeLink { _ in .presenceList(WirePresenceList()) }, [])
    await perform(
      [.command(.classic(.upload(to: "Obi-wan", file: "a.mp4")), channel: "#lobby")], in: session)
    #expect(told.notices == ["Obi-wan is offline"])
  }

  @Test func anEndedSessionWakesWhoWaits() async throws {
    let session = try session()
    await perform([.send(localID: 1, channel: "#lobby", text: "a", replyTo: nil)], in: session)
    let waiting = Task { try await session.connection() }
    let delivery = Task { await session.delivered() }
    await session.ended(Rejection(.sessionUnknown, "This session was ended."))
    await #expect(throws: Rejection.self) { try await waiting.value }
    await delivery.value
    guard case .connection(.refused("This session was ended."))? = told.all.last else {
      Issue.record("\(told.all)")
      return
    }
  }

  @Test func theEndOfTheChatWakesWhoWaits() async throws {
    let session = try session()
    let waiting = Task { try await session.connection() }
    await session.stop()
    await #expect(throws: CancellationError.self) { try await waiting.value }
  }

  @Test func typedLinesComeBack() throws {
    let lines = TypedLines(profile)
    #expect(lines.load().isEmpty)
    lines.add("hello")
    lines.add("two\nlines")
    #expect(TypedLines(profile).load() == ["hello", "two\nlines"])
  }
}
