import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Sending once")
struct RetryTests {
  @Test(
    "a repetition is answered like the first time and stored once, marked as such or not",
    arguments: [true, false])
  func recent(isMarked: Bool) throws {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    let first = try #require(harness.ask(HubHarness.send("#lobby", id: 1), on: ann).sent)
    harness.wait(.seconds(5))
    let again = HubHarness.send("#lobby", id: 1, retry: isMarked)
    let second = try #require(harness.ask(again, on: harness.signedIn("ann")).sent)
    #expect(second.sequence == first.sequence)
    #expect(second.position == first.position)
    #expect(second.at == first.at)
    #expect(second.label == "#lobby")
    #expect(harness.positions(bob) == [1])
  }

  @Test("a repetition before the first is durable waits for it")
  func pending() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    let first = harness.begin(HubHarness.send("#lobby", id: 1), on: ann)
    let second = harness.begin(HubHarness.send("#lobby", id: 1, retry: true), on: ann)
    #expect(harness.pending.count == 1)
    #expect(harness.answer(to: second, on: ann).isMissing)
    harness.settle()
    #expect(harness.answer(to: first, on: ann).sent?.sequence == 1)
    #expect(harness.answer(to: second, on: ann).sent?.sequence == 1)
  }

  @Test("after a restart it is looked up")
  func lookedUp() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    harness.ask(HubHarness.send("#lobby", id: 1), on: ann)
    harness.restart()
    let back = harness.listening("ann")
    #expect(
      harness.ask(HubHarness.send("#lobby", id: 1, retry: true), on: back).sent?.sequence == 1)
    #expect(
      harness.ask(HubHarness.send("#lobby", id: 2, retry: true), on: back).sent?.sequence == 2)
    #expect(harness.store.state.channels[.lobby]?.sequence == 2)
  }

  @Test("twins that are looked up at the same time are stored once")
  func twins() {
    let harness = HubHarness()
    let connections = [harness.signedIn("ann"), harness.signedIn("ann")]
    let requests = connections.map {
      harness.begin(HubHarness.send("#lobby", id: 1, retry: true), on: $0)
    }
    #expect(harness.lookUps.count == 2)
    harness.settle()
    for (request, connection) in zip(requests, connections) {
      #expect(harness.answer(to: request, on: connection).sent?.sequence == 1)
    }
  }

  @Test("an id that is another author's is refused, remembered or looked up")
  func anothers() {
    let harness = HubHarness()
    harness.ask(HubHarness.send("#lobby", id: 1), on: harness.signedIn("ann"))
    #expect(
      harness.ask(HubHarness.send("#lobby", id: 1), on: harness.signedIn("bob")).code
        == .messageIDTaken)
    harness.restart()
    #expect(
      harness.ask(HubHarness.send("#lobby", id: 1, retry: true), on: harness.signedIn("bob")).code
        == .messageIDTaken)
    #expect(harness.store.state.channels[.lobby]?.sequence == 1)
  }

  @Test("when the journal cannot be read nothing is stored")
  func unreadable() {
    let harness = HubHarness()
    let ann = harness.signedIn("ann")
    let request = harness.begin(HubHarness.send("#lobby", id: 1, retry: true), on: ann)
    harness.answerLookUps(failing: true)
    #expect(harness.answer(to: request, on: ann).code == .internalError)
    #expect(harness.pending.isEmpty)
    #expect(harness.hub.sizes.questions == 0)
  }
}

@Suite("Changing messages")
struct ChangeTests {
  private func edit(_ text: String = "new", _ sequence: UInt64 = 1) -> Request {
    .edit(.label("#lobby"), sequence: sequence, text: text)
  }

  private let delete = Request.delete(.label("#lobby"), sequence: 1)

  private func react(_ emoji: String, remove: Bool = false) -> Request {
    .react(.label("#lobby"), sequence: 1, emoji: emoji, remove: remove)
  }

  private func story() -> (HubHarness, ann: ConnectionID, bob: ConnectionID) {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.ask(HubHarness.send("#lobby", id: 1), on: ann)
    return (harness, ann, bob)
  }

  @Test("one's own is edited and deleted, and everybody hears it")
  func own() {
    let (harness, ann, bob) = story()
    #expect(harness.ask(edit(), on: ann).isDone)
    #expect(harness.ask(edit(), on: bob).code == .notTheAuthor)
    #expect(harness.ask(edit("x", 2), on: ann).code == .messageUnknown)
    #expect(harness.ask(delete, on: bob).code == .notTheAuthor)
    #expect(harness.ask(delete, on: ann).isDone)
    #expect(harness.ask(delete, on: ann).code == .messageDeleted)
    #expect(harness.ask(edit(), on: ann).code == .messageDeleted)
    #expect(harness.positions(bob) == [1, 2, 3])
  }

  @Test("reactions are put on once and taken away")
  func reactions() {
    let (harness, ann, bob) = story()
    #expect(harness.ask(react("👍"), on: bob).isDone)
    #expect(harness.ask(react("👍"), on: bob).isDone)
    #expect(harness.ask(react("👍"), on: ann).isDone)
    #expect(harness.ask(react("👍", remove: true), on: bob).isDone)
    #expect(harness.ask(react("👍", remove: true), on: bob).isDone)
    #expect(harness.ask(react("ok"), on: bob).code == .emojiInvalid)
    #expect(harness.positions(bob) == [1, 2, 3, 4])
  }

  @Test("an edit at the same instant does not bring back what was deleted")
  func editBehindDelete() {
    let (harness, ann, _) = story()
    let requests = [delete, edit(), react("👍"), delete].map { harness.begin($0, on: ann) }
    #expect(harness.lookUps.count == 1)
    harness.settle()
    #expect(harness.answer(to: requests[0], on: ann).isDone)
    for request in requests.dropFirst() {
      #expect(harness.answer(to: request, on: ann).code == .messageDeleted)
    }
    #expect(harness.hub.sizes.changes == 0)
  }

  @Test("the same reaction from two devices at the same instant counts once")
  func twinReactions() {
    let (harness, _, bob) = story()
    let other = harness.signedIn("bob")
    let requests = [
      (bob, harness.begin(react("👍"), on: bob)), (other, harness.begin(react("👍"), on: other)),
    ]
    harness.settle()
    for (connection, request) in requests {
      #expect(harness.answer(to: request, on: connection).isDone)
    }
    #expect(harness.positions(bob) == [1, 2])
  }

  @Test("changes of other messages do not wait")
  func independent() {
    let (harness, ann, _) = story()
    harness.ask(HubHarness.send("#lobby", id: 2), on: ann)
    harness.begin(edit(), on: ann)
    harness.begin(edit("new", 2), on: ann)
    #expect(harness.lookUps.count == 2)
    harness.settle()
  }

  @Test("a failure to read or to write ends one change, not those behind it")
  func failures() {
    let (harness, ann, _) = story()
    let requests = (1...3).map { harness.begin(edit("text \($0)"), on: ann) }
    harness.answerLookUps(failing: true)
    #expect(harness.answer(to: requests[0], on: ann).code == .internalError)
    harness.answerLookUps()
    harness.failAppend()
    harness.settle()
    #expect(harness.answer(to: requests[1], on: ann).code == .journalUnavailable)
    #expect(harness.answer(to: requests[2], on: ann).code == .journalUnavailable)
    harness.wait(HubLimits.journalPause)
    #expect(harness.ask(edit(), on: ann).isDone)
    #expect(harness.hub.sizes.changes == 0)
    #expect(harness.hub.sizes.questions == 0)
  }

  @Test("who left while the journal was asked changes nothing any more")
  func removedMeanwhile() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.ask(HubHarness.room("plans", "bob"), on: ann)
    harness.ask(HubHarness.send("#plans", id: 1), on: bob)
    let request = harness.begin(.edit(.label("#plans"), sequence: 1, text: "x"), on: bob)
    harness.begin(.removeMember(.label("#plans"), "bob"), on: ann)
    harness.settle()
    #expect(harness.answer(to: request, on: bob).code == .notAMember)
  }

  @Test("a name that became another room's while the journal was asked changes nothing there")
  func renamedMeanwhile() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    harness.ask(HubHarness.room("plans"), on: ann)
    harness.ask(HubHarness.room("games"), on: ann)
    harness.ask(HubHarness.send("#plans", id: 1), on: ann)
    harness.ask(HubHarness.send("#games", id: 2), on: ann)
    harness.begin(.edit(.label("#plans"), sequence: 1, text: "x"), on: ann)
    harness.begin(.renameRoom(.label("#plans"), to: "old"), on: ann)
    harness.begin(.renameRoom(.label("#games"), to: "plans"), on: ann)
    harness.settle()
    guard case .messageEdited(let channel, _, _)? = harness.store.events.last?.event.body else {
      Issue.record("nothing was edited")
      return
    }
    #expect(channel == ChannelID(2))
  }
}

@Suite("Reading")
struct ReadingTests {
  @Test("a question to the journal carries what its reader may see")
  func visibility() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.ask(HubHarness.room("plans"), on: ann)
    harness.ask(HubHarness.send("#plans", id: 1), on: ann)
    let read = Request.readMessages(.label("#plans"), .newest, limit: 10_000)
    #expect(harness.ask(read, on: bob).code == .notAMember)
    #expect(
      harness.ask(.readEvents(ChannelID(2), afterPosition: 0, limit: 1), on: bob).code
        == .notAMember)
    harness.ask(.inviteMembers(.label("#plans"), ["bob"]), on: ann)
    guard case .messages(let query, let label)? = harness.ask(read, on: bob).read,
      case .events(let events)? =
        harness.ask(.readEvents(ChannelID(2), afterPosition: 0, limit: 0), on: bob).read
    else {
      Issue.record("not allowed to read")
      return
    }
    #expect(label == "#plans")
    #expect(query.visibility == Visibility(afterPosition: 2, afterSequence: 1))
    #expect(query.limit == Limits.pageRecordsMax)
    #expect(events.afterPosition == 2)
    #expect(events.limit == Limits.pageRecordsMax)
  }

  @Test("direct messages before the first one are an empty channel that nobody ever gets")
  func beforeTheFirst() {
    let harness = HubHarness()
    let ann = harness.signedIn("ann")
    let read = harness.ask(.readMessages(.label("@bob"), .newest, limit: 1), on: ann).read
    guard case .messages(let query, let label)? = read else {
      Issue.record("not allowed to read")
      return
    }
    #expect(query.channel == .none)
    #expect(label == "@bob")
    #expect(
      harness.ask(.readMessages(.label("@nobody"), .newest, limit: 1), on: ann).code
        == .accountUnknown)
  }

  @Test("a search looks where the reader may look")
  func search() {
    let harness = HubHarness()
    let (ann, bob) = (harness.signedIn("ann"), harness.signedIn("bob"))
    harness.ask(HubHarness.room("plans"), on: ann)
    harness.ask(HubHarness.room("open", isPublic: true), on: ann)
    func scope(_ channel: String?, by id: ConnectionID) -> [UInt64]? {
      let reference = channel.map { ChannelReference.label($0) }
      let answer = harness.ask(.search(words: "x", in: reference, limit: 5), on: id)
      guard case .search(let query, _)? = answer.read else { return nil }
      return query.scope.map(\.channel.rawValue)
    }
    #expect(scope(nil, by: ann) == [1, 2, 3])
    #expect(scope(nil, by: bob) == [1, 3])
    #expect(scope("#plans", by: ann) == [2])
    #expect(scope("#plans", by: bob) == nil)
    #expect(scope("@bob", by: ann) == [])
  }

  @Test("who is put out while the journal is asked gets no answer, nor who came back to less")
  func putOutMeanwhile() throws {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.ask(HubHarness.room("plans", "bob"), on: ann)
    let requests: [Request] = [
      .readMessages(.label("#plans"), .newest, limit: 9),
      .readEvents(ChannelID(2), afterPosition: 0, limit: 9),
      .search(words: "x", in: nil, limit: 9),
    ]
    let reads = try requests.map { try #require(harness.ask($0, on: bob).read) }
    func allowed() -> [Bool] { reads.map { harness.hub.stillAllows($0, on: bob) } }
    harness.ask(HubHarness.send("#plans", id: 1), on: ann)
    #expect(allowed() == [true, true, true])
    harness.begin(.removeMember(.label("#plans"), "bob"), on: ann)
    #expect(allowed() == [false, false, false])
    harness.ask(.inviteMembers(.label("#plans"), ["bob"]), on: ann)
    #expect(allowed() == [false, false, false])
    // Direct messages before the first one are nobody's.
    let empty = try #require(
      harness.ask(.readMessages(.label("@cat"), .newest, limit: 1), on: bob).read)
    #expect(harness.hub.stillAllows(empty, on: bob))
    harness.ask(.signOut, on: bob)
    #expect(!harness.hub.stillAllows(empty, on: bob))
  }

  @Test("what one device has read is read on the others, and is told to nobody else")
  func readMarks() {
    let harness = HubHarness()
    let (ann, phone, laptop) = (
      harness.listening("ann"), harness.listening("bob"), harness.listening("bob")
    )
    harness.ask(HubHarness.send("#lobby", "@bob", id: 1), on: ann)
    let unread = harness.ask(.listChannels(notJoined: false, after: ChannelID(0)), on: phone)
    #expect(unread.channels?.map(\.unread) == [1])
    #expect(unread.channels?.map(\.mentions) == [1])
    #expect(harness.ask(.markRead(.label("#lobby"), sequence: 1), on: phone).isDone)
    for device in [phone, laptop] {
      guard case .channelChanged(let view)? = harness.notices(device).last else {
        Issue.record("not told")
        continue
      }
      #expect(view.unread == 0)
      #expect(view.mentions == 0)
      #expect(view.readThrough == 1)
    }
    #expect(harness.notices(ann).isEmpty)
  }

  @Test("a deleted message is not unread")
  func deletedIsNotUnread() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    for id in 1...3 as ClosedRange<UInt64> {
      harness.ask(HubHarness.send("#lobby", "@bob", id: id), on: ann)
    }
    harness.ask(.delete(.label("#lobby"), sequence: 2), on: ann)
    let list = Request.listChannels(notJoined: false, after: ChannelID(0))
    let channels = harness.ask(list, on: bob).channels
    #expect(channels?.map(\.unread) == [2])
    #expect(channels?.map(\.mentions) == [2])
  }
}

@Suite("Rate limits")
struct RateLimitTests {
  @Test("too many requests are refused with the time to wait; other people go on")
  func refusal() throws {
    var options = HubOptions()
    options.requestsPerSecond = 10
    options.requestBurst = 20
    let harness = HubHarness(options: options)
    let (ann, bob) = (harness.signedIn("ann"), harness.signedIn("bob"))
    for number in 1...20 as ClosedRange<UInt64> {
      #expect(harness.ask(HubHarness.send("#lobby", id: number), on: ann).sent != nil)
    }
    // Another device of the same person does not help.
    let list = Request.listChannels(notJoined: false, after: ChannelID(0))
    let refused = harness.ask(list, on: harness.signedIn("ann"))
    #expect(refused.code == .rateLimited)
    let wait = try #require(refused.rejection?.retryAfter)
    #expect(wait > .zero && wait <= .milliseconds(101))
    #expect(harness.ask(HubHarness.send("#lobby", id: 22), on: bob).sent != nil)
    harness.wait(wait)
    #expect(harness.ask(HubHarness.send("#lobby", id: 21), on: ann).sent != nil)
    #expect(harness.ask(list, on: ann).code == .rateLimited)
  }

  private func send(_ id: UInt64, retry: Bool = false) -> Request {
    HubHarness.send("#lobby", "\(id)", id: id, retry: retry)
  }

  /// Two messages a second after a first one.
  private func slow() -> HubHarness {
    var options = HubOptions()
    options.requestsPerSecond = 2
    options.requestBurst = 1
    return HubHarness(options: options)
  }

  @Test("nothing that was sent behind a refused message passes it", arguments: [false, true])
  func order(retry: Bool) throws {
    let harness = slow()
    let (ann, laptop) = (harness.signedIn("ann"), harness.signedIn("ann"))
    harness.begin(send(1), on: ann)
    #expect(harness.ask(send(2), on: ann).code == .rateLimited)
    // There is room again when the next one arrives, which was sent before the refusal was read.
    harness.wait(.milliseconds(500))
    let behind = harness.ask(send(3), on: ann)
    #expect(behind.code == .rateLimited)
    #expect(behind.rejection?.retryAfter == .milliseconds(500))
    harness.wait(.milliseconds(500))
    #expect(harness.ask(send(9), on: laptop).sent?.sequence == 2)
    harness.wait(.milliseconds(500))
    // The same message is known by its id, marked as a retry or not.
    #expect(harness.ask(send(2, retry: retry), on: ann).sent?.sequence == 3)
    harness.wait(.milliseconds(500))
    #expect(harness.ask(send(3), on: ann).sent?.sequence == 4)
  }

  @Test("the same message may come again before the time is over")
  func early() throws {
    let harness = slow()
    let ann = harness.signedIn("ann")
    harness.begin(send(1), on: ann)
    #expect(harness.ask(send(2), on: ann).rejection?.retryAfter == HubLimits.refusedSendHold)
    harness.wait(.milliseconds(600))
    #expect(harness.ask(send(2), on: ann).sent?.sequence == 2)
    // It held back nothing any more.
    harness.wait(.milliseconds(600))
    #expect(harness.ask(send(3), on: ann).sent?.sequence == 3)
  }

  @Test("who waits as long as told is taken, with another message too")
  func givenUp() throws {
    let harness = slow()
    let ann = harness.signedIn("ann")
    harness.begin(send(1), on: ann)
    let wait = try #require(harness.ask(send(2), on: ann).rejection?.retryAfter)
    harness.wait(wait)
    #expect(harness.ask(send(3), on: ann).sent?.sequence == 2)
  }

  @Test("a wall clock that jumps changes nothing")
  func clock() {
    var options = HubOptions()
    options.requestsPerSecond = 1
    options.requestBurst = 1
    let harness = HubHarness(options: options)
    let ann = harness.signedIn("ann")
    #expect(harness.ask(.who(after: ""), on: ann).people != nil)
    harness.now.wall = harness.now.wall + .seconds(3600)
    #expect(harness.ask(.who(after: ""), on: ann).code == .rateLimited)
  }
}
