import ConfabDomain
import ConfabHub
import Crypto
import OrderedCollections
import Primitives
import Testing

@Suite("Other servers of the place")
struct OtherNodesTests {
  private static let there = NodeAddress(address: "there.example:4747", pin: "pin")
  private static let bob = AccountID(2)

  private func shared() -> HubHarness {
    var options = HubOptions()
    options.node = NodeID(1)
    return HubHarness(options: options)
  }

  private func report(
    people: [AccountID] = [], meetings: [MeetingCopy] = [], isLeaving: Bool = false
  ) -> NodeReport {
    NodeReport(
      node: NodeID(7), address: Self.there,
      people: people.map {
        NodeReport.Person(
          account: $0.rawValue, since: 1_000, address: "198.51.100.1", receivesFiles: false)
      }, meetings: meetings, offers: 0, isLeaving: isLeaving)
  }

  @Test("who is connected to another server is active, for as long as it reports that")
  func presence() {
    let harness = shared()
    let ann = harness.listening("ann")
    harness.feed(.heard(report(people: [Self.bob])))
    #expect(harness.active(asSeenBy: ann) == ["ann", "bob"])
    #expect(harness.presences(ann).last?.name == "bob")
    #expect(harness.presences(ann).last?.isActive == true)
    let count = harness.presences(ann).count
    harness.wait(.seconds(3))
    harness.feed(.heard(report(people: [Self.bob])))
    #expect(harness.presences(ann).count == count, "what has not changed is no news")
    harness.wait(.seconds(4))
    #expect(harness.active(asSeenBy: ann) == ["ann", "bob"])
    harness.wait(.seconds(2))
    #expect(harness.active(asSeenBy: ann) == ["ann"])
    #expect(harness.presences(ann).last?.isActive == false)
  }

  @Test("who leaves one server and is at another has not left")
  func moving() {
    let harness = shared()
    let ann = harness.listening("ann")
    let bob = harness.listening("bob")
    harness.feed(.heard(report(people: [Self.bob])))
    harness.ask(.signOut, on: bob)
    #expect(!harness.presences(ann).contains { !$0.isActive })
    harness.feed(.heard(report(isLeaving: true)))
    #expect(harness.presences(ann).last?.isActive == false)
  }

  @Test("signing in tells where else the session is good")
  func addresses() {
    let harness = shared()
    harness.feed(.heard(report()))
    let answer = harness.ask(HubHarness.attempt("ann"), on: harness.connect())
    #expect(answer.signedIn?.others == [Self.there])
  }

  @Test("what another server stored is heard here, and its sessions end here too")
  func arrivals() {
    let harness = shared()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    let message = NewMessage(
      id: MessageID(high: 9, low: 9), author: Self.bob, text: "from there", replyTo: nil,
      mentions: [])
    harness.arrives(.messagePosted(.lobby, message), by: Self.bob)
    #expect(harness.positions(ann) == [1])
    #expect(harness.positions(bob) == [1])
    // A retry that comes here finds it.
    let answer = harness.ask(
      .send(
        Outgoing(
          channel: .label("#lobby"), id: message.id, text: "from there", replyTo: nil,
          isRetry: true)), on: bob)
    #expect(answer.sent?.sequence == 1)
    for session in harness.hub.state.accounts[Self.bob]?.sessions ?? [] {
      harness.arrives(.sessionClosed(session, .signedOut), by: Self.bob)
    }
    #expect(harness.farewell(bob)?.code == .sessionUnknown)
  }

  @Test("a lockout that another server decided holds here")
  func lockouts() {
    let harness = shared()
    harness.arrives(
      .accountLocked(Self.bob, device: nil, until: harness.now.wall + .seconds(10)))
    #expect(harness.trySignIn("bob", "password").code == .accountLocked)
  }

  @Test("an edit is decided again on what another server made of the message meanwhile")
  func staleFacts() {
    let harness = shared()
    let ann = harness.listening("ann")
    harness.ask(HubHarness.send("#lobby", id: 1), on: ann)
    let edit = harness.begin(.edit(.label("#lobby"), sequence: 1, text: "new"), on: ann)
    let before = harness.takeLookUps()
    harness.arrives(.messageDeleted(.lobby, sequence: 1), by: AccountID(1))
    for (ticket, answer) in before { harness.feed(.lookedUp(ticket, answer)) }
    harness.settle()
    #expect(harness.answer(to: edit, on: ann).code == .messageDeleted)
  }

  private static let meeting = MeetingCopy(
    id: MeetingID(1), channel: .lobby, inside: [AccountID(1)], count: 1, isLocked: false, waiting: 0
  )

  @Test("who joins a meeting at another server is sent there, and it ends when nobody holds it")
  func meetings() throws {
    let harness = shared()
    let bob = harness.listening("bob")
    harness.arrives(.meetingStarted(.lobby, MeetingID(1)), by: AccountID(1))
    harness.feed(.heard(report(meetings: [Self.meeting])))
    #expect(harness.news(bob).last?.server == Self.there)
    #expect(harness.news(bob).last?.names == ["ann"])
    let join = harness.begin(HubHarness.join("#lobby"), on: bob)
    let question = try #require(harness.toNodes.last)
    #expect(question.to == NodeID(7))
    guard case .question(let number, .admit(MeetingID(1), Self.bob, _, _)) = question.body else {
      Issue.record("\(question)")
      return
    }
    harness.feed(.told(message(.answer(number: number, .done))))
    guard
      case .meetingElsewhere(let view, _, _, Self.there)? = harness.answer(to: join, on: bob).reply
    else {
      Issue.record("\(harness.answer(to: join, on: bob))")
      return
    }
    #expect(view.meeting == MeetingID(1))
    for _ in 0..<20 {
      harness.wait(.seconds(2))
      harness.feed(.heard(report(meetings: [Self.meeting])))
      harness.settle()
    }
    #expect(harness.hub.state.channels[.lobby]?.meeting != nil, "it is held there")
    // Who waits for it when its server dies starts it anew.
    let again = harness.begin(HubHarness.join("#lobby"), on: bob)
    for _ in 0..<9 {
      harness.wait(.seconds(1))
      harness.settle()
    }
    guard case .meetingJoined(let joined)? = harness.answer(to: again, on: bob).reply else {
      Issue.record("\(harness.answer(to: again, on: bob))")
      return
    }
    #expect(joined.info.meeting == MeetingID(2))
  }

  private func message(_ body: NodeMessage.Body) -> NodeMessage {
    NodeMessage(from: NodeID(7), to: NodeID(1), entry: 0, body: body)
  }

  @Test("a token that was given out elsewhere a moment ago is waited for, and not for ever")
  func lateTokens() {
    let harness = shared()
    let token = [UInt8](repeating: 5, count: 32)
    let hash = Array(SHA256.hash(data: token))
    let attempt = Request.signIn(
      SignInAttempt(method: .token(hash: hash), device: nil, proof: nil))
    let (id, other) = (harness.connect(), harness.connect())
    let late = harness.begin(attempt, on: id)
    #expect(harness.answer(to: late, on: id).isMissing)
    harness.arrives(
      .sessionOpened(
        NewSession(
          id: harness.hub.state.nextSession, account: Self.bob, device: nil, tokenHash: hash,
          address: "192.0.2.9")), by: Self.bob)
    harness.catchUp()
    #expect(harness.answer(to: late, on: id).signedIn?.name == "bob")
    let unknown = harness.begin(
      .signIn(SignInAttempt(method: .token(hash: [1]), device: nil, proof: nil)), on: other)
    harness.catchUp()
    #expect(harness.answer(to: unknown, on: other).code == .sessionUnknown)
  }

  @Test("a server that stood still does not take the others for dead")
  func standingStill() {
    let harness = shared()
    let ann = harness.listening("ann")
    harness.feed(.heard(report(people: [Self.bob])))
    harness.wait(.seconds(30))
    #expect(harness.active(asSeenBy: ann) == ["ann", "bob"])
    harness.wait(.seconds(5))
    #expect(harness.active(asSeenBy: ann) == ["ann"])
  }
}
