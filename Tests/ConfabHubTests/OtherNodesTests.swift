import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Other servers of the place")
struct OtherNodesTests {
  private static let there = NodeAddress(address: "there.example:4747", pin: "pin")
  private static let bob = AccountID(2)

  private func shared() -> HubHarness {
    var options = HubOptions()
    options.isShared = true
    return HubHarness(options: options)
  }

  private func report(
    people: [AccountID] = [], meetings: [UInt64] = [], isLeaving: Bool = false
  ) -> NodeReport {
    NodeReport(
      node: NodeID(7), address: Self.there,
      people: people.map {
        NodeReport.Person(account: $0.rawValue, since: 1_000, address: "198.51.100.1")
      }, meetings: meetings, isLeaving: isLeaving)
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

  @Test("a meeting at another server is not joined here, and ends when nobody holds it")
  func meetings() {
    let harness = shared()
    let bob = harness.listening("bob")
    harness.arrives(.meetingStarted(.lobby, MeetingID(1)), by: AccountID(1))
    harness.feed(.heard(report(meetings: [1])))
    let refused = harness.ask(HubHarness.join("#lobby"), on: bob)
    #expect(refused.code == .mediaUnavailable)
    #expect(refused.rejection?.message.contains(Self.there.address) == true)
    for _ in 0..<20 {
      harness.wait(.seconds(2))
      harness.feed(.heard(report(meetings: [1])))
      harness.settle()
    }
    #expect(harness.hub.state.channels[.lobby]?.meeting != nil, "it is held there")
    for _ in 0..<30 {
      harness.wait(.seconds(1))
      harness.settle()
    }
    #expect(harness.hub.state.channels[.lobby]?.meeting == nil)
  }

  @Test("files for somebody at another server are refused with its name")
  func files() {
    let harness = shared()
    let ann = harness.withDevice("ann", 1)
    harness.feed(.heard(report(people: [Self.bob])))
    let refused = harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    #expect(refused.code == .accountNotActive)
    #expect(refused.rejection?.message.contains(Self.there.address) == true)
  }
}
