import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Sessions that end")
struct SessionTests {
  private func token(of session: SessionID, _ harness: HubHarness) -> Request {
    SignInTests.token(harness.store.state.sessions[session]?.tokenHash ?? [])
  }

  @Test("signing out answers, then ends every connection of that session and no other")
  func signOut() throws {
    let harness = HubHarness()
    let first = harness.listening("ann")
    let session = try #require(harness.store.state.sessions.keys.last)
    let second = harness.connect()
    let goOn = token(of: session, harness)
    #expect(harness.ask(goOn, on: second).signedIn != nil)
    #expect(harness.ask(.subscribe(presence: false), on: second).isDone)
    let other = harness.listening("ann")
    let bob = harness.listening("bob")

    #expect(harness.ask(.signOut, on: first).isDone)
    #expect(harness.farewell(first)?.message == "You signed out.")
    #expect(!harness.isOpen(first))
    #expect(!harness.isOpen(second))
    #expect(harness.isOpen(other))
    #expect(harness.active(asSeenBy: bob) == ["ann", "bob"])
    #expect(harness.ask(goOn, on: harness.connect()).code == .sessionUnknown)
    harness.ask(HubHarness.send("#lobby", id: 1), on: bob)
    #expect(harness.positions(second).isEmpty)
    #expect(harness.positions(other) == [1])
  }

  @Test("one's own sessions are listed, and ended one by one")
  func revoke() throws {
    let harness = HubHarness()
    let (here, there) = (harness.signedIn("bob"), harness.listening("bob", from: "198.51.100.7"))
    let listed = try #require(harness.ask(.listSessions, on: here).sessions)
    #expect(listed.map(\.isCurrent) == [true, false])
    #expect(listed.map(\.address) == ["192.0.2.1", "198.51.100.7"])
    #expect(harness.ask(.revokeSession(listed[1].id), on: here).isDone)
    #expect(!harness.isOpen(there))
    #expect(harness.isOpen(here))
    #expect(harness.ask(.revokeSession(listed[1].id), on: here).code == .sessionUnknown)
    let cat = harness.signedIn("cat")
    #expect(harness.ask(.revokeSession(listed[0].id), on: cat).code == .sessionUnknown)
    let ann = harness.signedIn("ann")
    #expect(harness.ask(.revokeSession(listed[0].id), on: ann).isDone)
    #expect(harness.farewell(here)?.message.contains("owner") == true)
  }

  @Test("a session is active while a connection of it listens, not while it only asks")
  func activity() throws {
    let harness = HubHarness()
    let (asking, listening) = (harness.signedIn("ann"), harness.listening("ann"))
    func active() throws -> [Bool] {
      try #require(harness.ask(.listSessions, on: asking).sessions).map(\.isActive)
    }
    #expect(try active() == [false, true])
    harness.ask(.subscribe(presence: false), on: asking)
    harness.disconnect(listening)
    #expect(try active() == [true, false])
  }

  @Test("a new password ends all sessions but the one that asked")
  func changePassword() {
    let harness = HubHarness()
    let (here, there) = (harness.signedIn("bob"), harness.signedIn("bob"))
    let new = Secret(Array("another one".utf8))
    #expect(
      harness.ask(.changePassword(old: new, new: new), on: here).code == .credentialsWrong)
    #expect(
      harness.ask(.changePassword(old: HubHarness.password, new: Secret([1])), on: here).code
        == .passwordUnfit)
    #expect(harness.ask(.changePassword(old: HubHarness.password, new: new), on: here).isDone)
    #expect(harness.isOpen(here))
    #expect(!harness.isOpen(there))
    #expect(harness.ask(.who(after: ""), on: here).people != nil)
    #expect(harness.trySignIn("bob", "password").code == .credentialsWrong)
    #expect(harness.trySignIn("bob", "another one").signedIn != nil)
  }

  @Test("guessing the old password counts as failing to sign in, for the device that guesses")
  func guessingTheOldPassword() {
    let harness = HubHarness()
    let (wrong, new) = (Secret(Array("wrong one".utf8)), Secret(Array("another one".utf8)))
    let stolen = harness.connect()
    harness.ask(HubHarness.attempt("bob", device: HubHarness.keys(1)), on: stolen)
    let codes = (1...4).map { _ in
      harness.ask(.changePassword(old: wrong, new: new), on: stolen).code
    }
    #expect(codes == [.credentialsWrong, .credentialsWrong, .accountLocked, .accountLocked])
    // Also with the right one, until the lockout is over; its owner elsewhere notices nothing.
    #expect(
      harness.ask(.changePassword(old: HubHarness.password, new: new), on: stolen).code
        == .accountLocked)
    #expect(harness.trySignIn("bob", "password").signedIn != nil)
    harness.wait(.seconds(10))
    // Two at once are one guess.
    harness.begin(.changePassword(old: wrong, new: new), on: stolen)
    #expect(
      harness.ask(.changePassword(old: HubHarness.password, new: new), on: stolen).code
        == .signInBusy)
    #expect(
      harness.ask(.changePassword(old: HubHarness.password, new: new), on: stolen).isDone)
  }

  @Test("a password that an owner sets ends all sessions")
  func resetPassword() {
    let harness = HubHarness()
    let (ann, bob) = (harness.signedIn("ann"), harness.signedIn("bob"))
    let new = Secret(Array("another one".utf8))
    #expect(harness.ask(.resetPassword(name: "bob", new), on: bob).code == .ownerRequired)
    #expect(harness.ask(.resetPassword(name: "bob", new), on: ann).isDone)
    #expect(!harness.isOpen(bob))
    #expect(harness.trySignIn("bob", "another one").signedIn != nil)
  }

  @Test("disabling ends everything at once")
  func disable() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    #expect(harness.ask(.setAccount(name: "bob", .disable), on: ann).isDone)
    #expect(harness.farewell(bob)?.code == .accountDisabled)
    #expect(harness.active(asSeenBy: ann) == ["ann"])
  }
}

@Suite("Who is active")
struct PresenceTests {
  @Test("a connection makes active when it subscribes, and not before")
  func subscribing() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    let bob = harness.signedIn("bob", from: "198.51.100.7")
    #expect(harness.active(asSeenBy: ann) == ["ann"])
    harness.wait(.seconds(5))
    let since = harness.now.wall
    harness.ask(.subscribe(presence: false), on: bob)
    harness.wait(.seconds(5))
    // Subscribing again, as after Lagging, is no news.
    harness.ask(.subscribe(presence: false), on: bob)
    let told = harness.presences(ann).filter { $0.name == "bob" }
    #expect(told.count == 1)
    #expect(told.first?.isActive == true)
    #expect(told.first?.since == since)
    #expect(told.first?.address == "198.51.100.7")
    #expect(harness.ask(.who(after: ""), on: ann).people?.last == told.first)
    // Who did not ask for presence is not told of it.
    #expect(harness.presences(bob).isEmpty)
  }

  @Test("a lost connection stays active for 10 s, and coming back in time is no news")
  func linger() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    let bob = harness.listening("bob")
    let since = harness.ask(.who(after: "b"), on: ann).people?.first?.since
    harness.disconnect(bob)
    harness.wait(.milliseconds(9_999))
    #expect(harness.active(asSeenBy: ann) == ["ann", "bob"])
    let back = harness.listening("bob")
    #expect(harness.hub.nextDeadline == nil)
    harness.wait(.seconds(60))
    #expect(harness.ask(.who(after: "b"), on: ann).people?.first?.since == since)
    harness.disconnect(back)
    harness.wait(.seconds(10))
    #expect(harness.active(asSeenBy: ann) == ["ann"])
    #expect(harness.presences(ann).filter { $0.name == "bob" }.map(\.isActive) == [true, false])
  }

  @Test("several lingers end each at its time")
  func deadlines() throws {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    let others = ["bob", "cat", "dan"].map { harness.listening($0) }
    for other in others {
      harness.disconnect(other)
      harness.wait(.seconds(1))
    }
    let first = try #require(harness.hub.nextDeadline)
    #expect(first.since(harness.now.monotonic) == .seconds(7))
    harness.wait(.seconds(7))
    #expect(harness.active(asSeenBy: ann) == ["ann", "cat", "dan"])
    harness.wait(.seconds(2))
    #expect(harness.active(asSeenBy: ann) == ["ann"])
    #expect(harness.hub.nextDeadline == nil)
  }

  @Test("who signs out is gone at once, also when a connection was lost just before")
  func signingOut() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    let bob = harness.listening("bob")
    harness.ask(.signOut, on: bob)
    #expect(harness.active(asSeenBy: ann) == ["ann"])

    let watching = harness.listening("bob")
    let hash = harness.store.state.sessions.values.last?.tokenHash ?? []
    harness.disconnect(watching)
    let shortly = harness.connect()
    harness.ask(SignInTests.token(hash), on: shortly)
    #expect(harness.active(asSeenBy: ann) == ["ann", "bob"])
    harness.ask(.signOut, on: shortly)
    #expect(harness.active(asSeenBy: ann) == ["ann"])
    #expect(harness.presences(ann).last?.isActive == false)
    #expect(harness.hub.nextDeadline == nil)
  }

  @Test("of several devices the last one counts")
  func devices() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    let (phone, laptop) = (harness.listening("bob"), harness.listening("bob"))
    harness.ask(.signOut, on: phone)
    #expect(harness.active(asSeenBy: ann) == ["ann", "bob"])
    harness.disconnect(laptop)
    harness.wait(.seconds(10))
    #expect(harness.active(asSeenBy: ann) == ["ann"])
    #expect(harness.presences(ann).filter { $0.name == "bob" }.count == 2)
  }

  @Test("nothing is kept of those who left")
  func sizes() {
    let harness = HubHarness()
    for _ in 0..<20 { harness.disconnect(harness.listening("bob")) }
    harness.wait(.seconds(10))
    #expect(harness.hub.sizes.connections == 0)
    #expect(harness.hub.sizes.active == 0)
    #expect(harness.hub.sizes.held == 0)
  }
}
