import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Nothing is heard before it is durable")
struct DurabilityTests {
  @Test("neither the sender nor anybody else hears before the disk has it")
  func held() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    let request = harness.begin(HubHarness.send("#lobby", id: 1), on: ann)
    #expect(harness.pending.count == 1)
    #expect(harness.answer(to: request, on: ann).isMissing)
    #expect(harness.events(bob).isEmpty)
    harness.makeDurable()
    #expect(harness.answer(to: request, on: ann).sent?.sequence == 1)
    #expect(harness.events(bob).map(\.sequence) == [1])
    #expect(harness.events(ann).map(\.sequence) == [1])
  }

  @Test("with a part of what waits on disk, just that part is heard, in the order of the journal")
  func order() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    let requests = (1...4).map { number in
      harness.begin(HubHarness.send("#lobby", id: number), on: number % 2 == 0 ? ann : bob)
    }
    harness.makeDurable(3)
    #expect(harness.positions(ann) == [1, 2, 3])
    #expect(harness.positions(bob) == [1, 2, 3])
    #expect(harness.answer(to: requests[2], on: bob).sent?.sequence == 3)
    #expect(harness.answer(to: requests[3], on: ann).isMissing)
    harness.makeDurable()
    #expect(harness.positions(ann) == [1, 2, 3, 4])
  }

  @Test("what only asks waits too, when it was decided on what is not durable")
  func reading() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    harness.begin(HubHarness.room("plans"), on: ann)
    let list = harness.begin(.listChannels(notJoined: false, after: ChannelID(0)), on: ann)
    let refusal = harness.begin(HubHarness.room("plans"), on: ann)
    #expect(harness.answer(to: list, on: ann).isMissing)
    #expect(harness.answer(to: refusal, on: ann).isMissing)
    harness.makeDurable()
    #expect(harness.answer(to: list, on: ann).channels?.map(\.label) == ["#lobby", "#plans"])
    #expect(harness.answer(to: refusal, on: ann).code == .nameTaken)
  }

  @Test("the next decision in the same batch sees the one before it")
  func batch() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.begin(HubHarness.room("plans", "bob"), on: ann)
    let request = harness.begin(HubHarness.send("#plans", id: 1), on: bob)
    harness.settle()
    #expect(harness.answer(to: request, on: bob).sent?.label == "#plans")
    #expect(harness.positions(ann, in: ChannelID(2)) == [1, 2])
    #expect(harness.positions(bob, in: ChannelID(2)) == [1, 2])
  }

  @Test("a look-up waits for what was decided before it")
  func lookUps() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    harness.begin(HubHarness.send("#lobby", id: 1), on: ann)
    let edit = harness.begin(.edit(.label("#lobby"), sequence: 1, text: "new"), on: ann)
    #expect(harness.lookUps.isEmpty)
    harness.settle()
    #expect(harness.answer(to: edit, on: ann).isDone)
  }
}

@Suite("When the journal fails")
struct JournalFailureTests {
  @Test("what was not durable is refused and told to nobody; then it goes on")
  func refusal() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.ask(HubHarness.send("#lobby", id: 1), on: ann)
    let lost = harness.begin(HubHarness.send("#lobby", id: 2), on: ann)
    harness.failAppend()
    let answer = harness.answer(to: lost, on: ann)
    #expect(answer.code == .journalUnavailable)
    #expect(answer.rejection?.retryAfter == HubLimits.journalPause)
    #expect(harness.reloads == 1)

    let meanwhile = harness.begin(HubHarness.send("#lobby", id: 3), on: bob)
    #expect(harness.answer(to: meanwhile, on: bob).code == .journalUnavailable)
    harness.answerReload()
    #expect(harness.hub.state == harness.store.state)
    #expect(harness.ask(HubHarness.send("#lobby", id: 4), on: bob).code == .journalUnavailable)
    harness.wait(HubLimits.journalPause)
    // The number that was not used is used now.
    #expect(harness.ask(HubHarness.send("#lobby", id: 2), on: ann).sent?.sequence == 2)
    #expect(harness.positions(bob) == [1, 2])
    #expect(harness.log.contains { $0.what == "journal failed" })
  }

  @Test("what was heard before stays known: its repetition is not stored again")
  func recentSurvives() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    harness.ask(HubHarness.send("#lobby", id: 1), on: ann)
    harness.begin(HubHarness.send("#lobby", id: 2), on: ann)
    harness.failAppend()
    harness.settle()
    harness.wait(HubLimits.journalPause)
    #expect(harness.ask(HubHarness.send("#lobby", id: 1), on: ann).sent?.sequence == 1)
    #expect(harness.ask(HubHarness.send("#lobby", id: 2, retry: true), on: ann).sent?.sequence == 2)
    #expect(harness.store.state.channels[.lobby]?.sequence == 2)
  }

  @Test("during the reload everything has an answer, also what only asks")
  func duringReload() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    harness.begin(HubHarness.room("plans"), on: ann)
    harness.failAppend()
    let who = harness.begin(.who(after: ""), on: ann)
    let read = harness.begin(.readMessages(.label("#plans"), .newest, limit: 1), on: ann)
    #expect(harness.answer(to: who, on: ann).code == .journalUnavailable)
    #expect(harness.answer(to: read, on: ann).code == .journalUnavailable)
    harness.settle()
    #expect(harness.active(asSeenBy: ann) == ["ann"])
    #expect(
      harness.ask(.readMessages(.label("#plans"), .newest, limit: 1), on: ann).code
        == .channelUnknown)
  }

  @Test("a membership that was lost lets nobody read")
  func lostMembership() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.ask(HubHarness.room("plans"), on: ann)
    harness.begin(.inviteMembers(.label("#plans"), ["bob"]), on: ann)
    let read = harness.begin(.readMessages(.label("#plans"), .newest, limit: 9), on: bob)
    let events = harness.begin(.readEvents(ChannelID(2), afterPosition: 0, limit: 9), on: bob)
    harness.failAppend()
    #expect(harness.answer(to: read, on: bob).code == .journalUnavailable)
    #expect(harness.answer(to: events, on: bob).code == .journalUnavailable)
    harness.settle()
    harness.wait(HubLimits.journalPause)
    harness.ask(HubHarness.send("#plans", id: 1), on: ann)
    #expect(harness.positions(bob, in: ChannelID(2)).isEmpty)
  }

  @Test("who was about to be signed in may try again on the same connection")
  func lostSignIn() {
    let harness = HubHarness()
    let ann = harness.connect()
    let first = harness.begin(HubHarness.attempt("ann"), on: ann)
    harness.answerPasswords()
    harness.failAppend()
    #expect(harness.answer(to: first, on: ann).code == .journalUnavailable)
    harness.settle()
    harness.wait(HubLimits.journalPause)
    #expect(harness.ask(HubHarness.attempt("ann"), on: ann).signedIn != nil)
  }

  @Test("a token's sign-in that was lost with others' writes may be tried again, too")
  func lostTokenSignIn() throws {
    let harness = HubHarness()
    let bob = harness.listening("bob")
    let hash = try #require(harness.store.state.sessions.values.last).tokenHash
    harness.begin(HubHarness.send("#lobby", id: 1), on: bob)
    let other = harness.connect()
    let request = Request.signIn(SignInAttempt(method: .token(hash: hash), device: nil, proof: nil))
    let first = harness.begin(request, on: other)
    harness.failAppend()
    #expect(harness.answer(to: first, on: other).code == .journalUnavailable)
    harness.settle()
    #expect(harness.ask(request, on: other).signedIn?.name == "bob")
  }

  @Test("a wrong password that cannot be written down is not told, and changes nothing")
  func failureDuringReload() {
    let harness = HubHarness()
    let (ann, stranger) = (harness.listening("ann"), harness.connect())
    let guess = harness.begin(HubHarness.attempt("bob", "wrong one"), on: stranger)
    harness.begin(HubHarness.send("#lobby", id: 1), on: ann)
    harness.failAppend()
    harness.answerPasswords()
    #expect(harness.pending.isEmpty)
    #expect(harness.answer(to: guess, on: stranger).code == .journalUnavailable)
    harness.settle()
    #expect(harness.hub.state == harness.store.state)
  }

  @Test("a sign-out that failed leaves the session, and says why the connection ends")
  func lostSignOut() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    let request = harness.begin(.signOut, on: ann)
    harness.failAppend()
    #expect(harness.answer(to: request, on: ann).code == .journalUnavailable)
    #expect(harness.farewell(ann)?.code == .journalUnavailable)
    harness.settle()
    #expect(harness.store.state.sessions.count == 2)
    #expect(harness.active(asSeenBy: bob) == ["bob"])
    // The others are told what they would have been told.
    #expect(harness.presences(bob).last.map { [$0.name, "\($0.isActive)"] } == ["ann", "false"])
  }

  @Test("a subscription that was lost with others' writes holds")
  func lostSubscription() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.signedIn("bob"))
    harness.begin(HubHarness.send("#lobby", id: 1), on: ann)
    let request = harness.begin(.subscribe(presence: true), on: bob)
    harness.failAppend()
    #expect(harness.answer(to: request, on: bob).code == .journalUnavailable)
    harness.settle()
    harness.wait(HubLimits.journalPause)
    #expect(harness.ask(.subscribe(presence: true), on: bob).isDone)
    harness.ask(HubHarness.send("#lobby", id: 2), on: ann)
    #expect(harness.positions(bob) == [1])
    #expect(harness.presences(ann).last?.name == "bob")
    #expect(harness.presences(ann).last?.isActive == true)
  }

  @Test("a room that was never stored is told to nobody, nor who made it")
  func lostRoom() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.begin(HubHarness.room("plans", "bob"), on: ann)
    harness.failAppend()
    harness.settle()
    #expect(harness.notices(bob).isEmpty)
    #expect(harness.notices(ann).isEmpty)
    harness.wait(HubLimits.journalPause)
    #expect(harness.ask(HubHarness.room("plans", "bob"), on: ann).channel?.number == 1)
    #expect(harness.notices(bob).count == 1)
  }

  @Test("further failures before the reload ask for no second one")
  func twice() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    harness.begin(HubHarness.send("#lobby", id: 1), on: ann)
    harness.failAppend()
    harness.failAppend()
    #expect(harness.reloads == 1)
    harness.settle()
    harness.wait(HubLimits.journalPause)
    #expect(harness.ask(HubHarness.send("#lobby", id: 1), on: ann).sent?.sequence == 1)
  }

  @Test("more that waits for the disk than the limit is refused")
  func tooMuchHeld() {
    let harness = HubHarness()
    // Each room that is made is told to each of these.
    let connections = (1...50).map { _ in harness.listening("ann") }
    let ann = connections[0]
    var last: UInt64 = 0
    for number in 0..<HubLimits.heldEffectsMax
    where harness.hub.sizes.held < HubLimits.heldEffectsMax {
      last = harness.begin(HubHarness.room("room-no-\(number)"), on: ann)
    }
    let over = harness.begin(HubHarness.send("#lobby", id: 1), on: ann)
    harness.makeDurable()
    #expect(harness.answer(to: last, on: ann).channel != nil)
    #expect(harness.answer(to: over, on: ann).code == .rateLimited)
    #expect(harness.answer(to: over, on: ann).rejection?.retryAfter != nil)
    #expect(harness.hub.sizes.held == 0)
    #expect(harness.ask(HubHarness.send("#lobby", id: 1), on: ann).sent != nil)
  }
}
