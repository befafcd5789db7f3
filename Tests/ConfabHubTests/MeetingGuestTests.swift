import ConfabDomain
import ConfabHub
import Crypto
import OrderedCollections
import Primitives
import Testing

@Suite("Guests of meetings")
struct MeetingGuestTests {
  @Test("a guest waits, is let in, talks in the room, and goes with the meeting")
  func visit() throws {
    let (harness, bob, cat) = HubHarness.withRoom()
    let secret = try #require(harness.guestLink(bob))
    let (bea, answer) = harness.guest("bea", secret)
    #expect(answer.signedIn?.name == "bea-guest")
    #expect(answer.signedIn?.role == .guest)
    #expect(harness.ask(.subscribe(presence: true), on: bea).isDone)
    #expect(harness.ask(HubHarness.join(), on: bea).code == .meetingNotStarted)
    harness.joins(bob)
    #expect(harness.news(bea).last?.count == 1, "and so the page may try again")
    #expect(harness.joins(bea)?.isWaiting == true)
    #expect(harness.changes(bob).last?.isGuest == true)
    harness.ask(.meeting(.answerKnock(HubHarness.meeting, nil, admit: true)), on: bob)
    harness.joins(cat)
    #expect(harness.changes(bea).map(\.name) == ["bea-guest", "cat"])
    #expect(harness.ask(HubHarness.send("#plans", id: 1), on: bea).sent != nil)
    harness.leaves(bob)
    harness.leaves(cat)
    #expect(harness.end == nil, "a guest may stay last")
    harness.leaves(bea)
    #expect(harness.namesAtEnd == ["bob", "bea-guest", "cat"])
    #expect(harness.farewell(bea) != nil)
    #expect(!harness.isOpen(bea))
    #expect(harness.guest("bea", secret).answer.code == .invitationInvalid)
    #expect(harness.store.state.channels[ChannelID(2)]?.members.count == 4)
  }

  @Test("who was not let in hears, says and sees nothing, and is sent away for good")
  func outside() throws {
    let (harness, bob, cat) = HubHarness.withRoom()
    let bea = harness.guest("bea", try #require(harness.guestLink(bob))).id
    harness.ask(.subscribe(presence: true), on: bea)
    harness.joins(bob)
    #expect(harness.news(bea).last?.names == [], "that there is a meeting, and not who is in it")
    #expect(harness.joins(bea)?.info.names == [])
    harness.ask(HubHarness.send("#plans", "a secret", id: 1), on: bob)
    #expect(harness.posted(bea) == [])
    let watch = Request.meeting(.watch(.label("#plans"), stop: false))
    for request in [
      HubHarness.send("#plans", id: 2), watch, .listMembers(.label("#plans"), after: ""),
    ] {
      #expect(harness.ask(request, on: bea).code == .meetingWaiting)
    }
    let read = harness.ask(
      .readMessages(.label("#plans"), .newest, limit: 0), on: bea)
    guard case .messages(let query, _)? = read.read else {
      Issue.record("nothing to read")
      return
    }
    #expect(query.visibility.afterSequence == 1)
    harness.joins(cat)
    #expect(harness.changes(bea) == [])
    harness.ask(.meeting(.answerKnock(HubHarness.meeting, nil, admit: false)), on: bob)
    #expect(harness.gone(bea) == [.refused])
    #expect(!harness.isOpen(bea))
  }

  @Test("who is let in hears what is said from then on")
  func inside() throws {
    let (harness, bob, _) = HubHarness.withRoom()
    let bea = harness.guest("bea", try #require(harness.guestLink(bob))).id
    harness.ask(.subscribe(presence: true), on: bea)
    harness.joins(bob)
    harness.joins(bea)
    harness.ask(.meeting(.answerKnock(HubHarness.meeting, nil, admit: true)), on: bob)
    harness.ask(HubHarness.send("#plans", "welcome", id: 1), on: bob)
    #expect(harness.posted(bea) == ["welcome"])
  }

  @Test("those who wait keep nobody out who need not wait")
  func crowd() throws {
    let (harness, bob, cat) = HubHarness.withRoom()
    let secret = try #require(harness.guestLink(bob, uses: 300))
    harness.joins(bob)
    let first = harness.guest("first", secret).id
    for _ in 1..<HubLimits.waitingDevicesMax { harness.joins(first) }
    for number in 0..<HubLimits.meetingWaitingMax - 1 {
      harness.joins(harness.guest("g\(number)", secret).id)
    }
    let late = harness.guest("late", secret).id
    #expect(harness.ask(HubHarness.join(), on: late).code == .meetingFull)
    #expect(harness.joins(cat)?.isWaiting == false)
  }

  @Test("a guest for whom no meeting begins does not stay for ever")
  func patience() throws {
    let (harness, bob, _) = HubHarness.withRoom()
    let secret = try #require(harness.guestLink(bob))
    let bea = harness.guest("bea", secret).id
    harness.wait(HubLimits.guestGrace * 2)
    #expect(harness.store.state.channels[ChannelID(2)]?.members.count == 5, "the page is open")
    harness.disconnect(bea)
    harness.wait(HubLimits.guestGrace)
    harness.settle()
    #expect(harness.store.state.channels[ChannelID(2)]?.members.count == 4)
    let eve = harness.guest("eve", secret).id
    harness.restart()
    harness.wait(.seconds(1))
    #expect(harness.store.state.channels[ChannelID(2)]?.members.count == 5)
    harness.wait(HubLimits.guestGrace)
    harness.settle()
    #expect(harness.store.state.channels[ChannelID(2)]?.members.count == 4, "after a start too")
    _ = eve
  }

  @Test("guests see and may do nothing else")
  func restrictions() throws {
    let (harness, bob, _) = HubHarness.withRoom()
    let bea = harness.guest("bea", try #require(harness.guestLink(bob))).id
    harness.ask(.subscribe(presence: true), on: bea)
    harness.joins(bob)
    harness.joins(bea)
    harness.ask(.meeting(.answerKnock(HubHarness.meeting, nil, admit: true)), on: bob)
    for request in [
      .who(after: ""), .readDevices(of: "bob"), HubHarness.room("mine"),
      .joinRoom(.label("#plans")), .inviteMembers(.label("#plans"), ["bob"]),
      .listChannels(notJoined: true, after: ChannelID(0)), .listSessions,
      .changePassword(old: Secret([]), new: HubHarness.password),
      .meeting(.createSignInCode(nil)),
      .meeting(.createGuestLink(.label("#plans"), uses: 1, expiresIn: nil)),
      .listAccounts(after: ""),
    ] as [Request] {
      #expect(harness.ask(request, on: bea).code == .guestsMayNot)
    }
    #expect(harness.ask(HubHarness.send("#lobby", id: 1), on: bea).code == .notAMember)
    #expect(harness.ask(HubHarness.send("@bob", id: 2), on: bea).code == .guestsMayNot)
    #expect(harness.ask(HubHarness.send("@bea-guest", id: 3), on: bob).code == .guestsMayNot)
    #expect(
      harness.ask(HubHarness.room("trap", "bea-guest"), on: bob).code == .accountUnknown)
    let list = Request.listChannels(notJoined: false, after: ChannelID(0))
    #expect(harness.ask(list, on: bea).channels?.map(\.label) == ["#plans"])
    _ = harness.listening("dan")
    #expect(harness.presences(bea).isEmpty)
    let search = harness.ask(.search(words: "hello", in: nil, limit: 0), on: bea)
    guard case .search(let query, _)? = search.read else {
      Issue.record("no search")
      return
    }
    #expect(query.scope.map(\.channel) == [ChannelID(2)])
    #expect(query.scope.first?.visibility.afterPosition ?? 0 > 0, "not what came before")
  }

  @Test("no password is a guest's, and a guest's link makes no account")
  func passwords() throws {
    let (harness, bob, _) = HubHarness.withRoom()
    let secret = try #require(harness.guestLink(bob))
    harness.guest("bea", secret)
    #expect(harness.trySignIn("bea-guest", "").code == .credentialsWrong)
    let hash = Array(SHA256.hash(data: secret.bytes))
    let attempt = SignInAttempt(
      method: .invitation(secretHash: hash, name: "eve", HubHarness.password), device: nil,
      proof: nil)
    #expect(harness.ask(.signIn(attempt), on: harness.connect()).code == .invitationInvalid)
    let ann = harness.signedIn("ann")
    #expect(
      harness.ask(.resetPassword(name: "bea-guest", HubHarness.password), on: ann).code
        == .guestsMayNot)
  }

  @Test("a guest who is removed is gone, and comes again only through the waiting room")
  func removing() throws {
    let (harness, bob, _) = HubHarness.withRoom()
    let secret = try #require(harness.guestLink(bob))
    harness.joins(bob)
    let bea = harness.guest("bea", secret).id
    harness.joins(bea)
    harness.ask(.meeting(.answerKnock(HubHarness.meeting, nil, admit: true)), on: bob)
    harness.ask(.meeting(.remove(HubHarness.meeting, ParticipantID(2))), on: bob)
    #expect(harness.gone(bea) == [.removed])
    #expect(!harness.isOpen(bea))
    let again = harness.guest("bea", secret).id
    #expect(harness.joins(again)?.isWaiting == true)
    harness.ask(.signOut, on: again)
    #expect(harness.roster(asSeenBy: bob) == ["bob"])
    let people = harness.ask(.listMembers(.label("#plans"), after: ""), on: bob).members
    #expect(people?.map(\.name) == ["ann", "bob", "cat", "dan"])
  }
}

@Suite("Codes for other clients")
struct SignInCodeTests {
  private func code(_ harness: HubHarness, _ id: ConnectionID) -> Secret? {
    let answer = harness.ask(.meeting(.createSignInCode(nil)), on: id)
    guard case .signInCode(let code, _, _)? = answer.reply else { return nil }
    return code
  }

  private func use(_ code: Secret?, _ harness: HubHarness) -> Answer {
    let hash = Array(SHA256.hash(data: code?.bytes ?? []))
    return harness.ask(
      .signIn(SignInAttempt(method: .code(hash: hash), device: nil, proof: nil)),
      on: harness.connect())
  }

  @Test("a code is good once")
  func once() {
    let harness = HubHarness()
    let bob = harness.signedIn("bob")
    let code = code(harness, bob)
    let signedIn = use(code, harness).signedIn
    #expect(signedIn?.name == "bob")
    #expect(signedIn?.token != nil)
    #expect(use(code, harness).code == .signInCodeInvalid)
    #expect(use(nil, harness).code == .signInCodeInvalid)
  }

  @Test("for a minute")
  func minute() {
    let harness = HubHarness()
    let bob = harness.signedIn("bob")
    let (early, late) = (code(harness, bob), code(harness, bob))
    harness.wait(.seconds(59))
    #expect(use(early, harness).signedIn != nil)
    harness.wait(.seconds(1))
    #expect(use(late, harness).code == .signInCodeInvalid)
  }

  @Test("and as long as the session that made it")
  func session() {
    let harness = HubHarness()
    let bob = harness.signedIn("bob")
    let code = code(harness, bob)
    harness.ask(.signOut, on: bob)
    #expect(use(code, harness).code == .signInCodeInvalid)
  }
}

@Suite("Meetings when the server or its journal fails")
struct MeetingTroubleTests {
  @Test("a server that was killed ends them with the last that is known")
  func restart() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    harness.wait(.seconds(60))
    harness.ask(HubHarness.send("#plans", id: 1), on: cat)
    harness.wait(.seconds(3_600))
    harness.restart()
    harness.wait(.seconds(1))
    harness.settle()
    #expect(harness.end?.reason == .serverStopped)
    #expect(harness.end?.endedAt.since(HubHarness.noon) == .seconds(60))
    let dan = harness.listening("dan")
    #expect(harness.joins(dan)?.info.meeting == MeetingID(2))
  }

  @Test("a server that stops ends them before")
  func stopping() {
    let (harness, bob, _) = HubHarness.withRoom()
    harness.joins(bob)
    harness.wait(.seconds(60))
    harness.feed(.stopping)
    harness.settle()
    #expect(harness.end?.reason == .serverStopped)
    #expect(harness.gone(bob) == [.ended])
  }

  @Test("what a full disk swallowed never began, and nobody was in it")
  func lostStart() {
    let (harness, bob, cat) = HubHarness.withRoom()
    let request = harness.begin(HubHarness.join(), on: bob)
    harness.failAppend()
    harness.settle()
    #expect(harness.answer(to: request, on: bob).code == .journalUnavailable)
    #expect(harness.hub.sizes.meetings == 0)
    #expect(harness.media.isEmpty)
    harness.wait(.seconds(2))
    #expect(harness.joins(cat)?.participants.map(\.name) == ["cat"])
  }

  @Test("who joined what goes on with a lost entry is not in it; who left is gone")
  func lostChanges() {
    let (harness, bob, cat) = HubHarness.withRoom()
    let dan = harness.listening("dan")
    harness.joins(bob)
    harness.joins(dan)
    harness.begin(HubHarness.join(), on: cat)
    harness.begin(.meeting(.leave(HubHarness.meeting)), on: dan)
    harness.failAppend()
    harness.settle()
    #expect(harness.media.contains(.leave(harness.party(2))))
    #expect(!harness.media.contains(.join(harness.party(3))))
    harness.wait(.seconds(2))
    #expect(harness.roster(asSeenBy: bob) == ["bob"])
    harness.leaves(bob)
    #expect(harness.end?.reason == .empty)
    #expect(harness.namesAtEnd == ["bob", "dan"])
  }

  @Test("the last one may leave while nothing can be written")
  func lostEnd() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    harness.disconnect(bob)
    harness.wait(.milliseconds(9_500))
    harness.begin(HubHarness.send("#plans", id: 1), on: cat)
    harness.failAppend()
    harness.settle()
    harness.wait(.milliseconds(500))
    harness.settle()
    #expect(harness.hub.sizes.participants == 0)
    #expect(harness.end == nil)
    harness.wait(.seconds(1))
    harness.settle()
    #expect(harness.end?.reason == .empty)
  }
}
