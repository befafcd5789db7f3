import ConfabDomain
import ConfabHub
import Crypto
import OrderedCollections
import Primitives
import Testing

@Suite("Meetings")
struct MeetingTests {
  @Test("who joins first starts it, and its end tells who was there and how long")
  func history() {
    let (harness, bob, cat) = HubHarness.withRoom()
    let started = harness.joins(bob)
    #expect(started?.participant == ParticipantID(1))
    #expect(started?.isHost == true)
    #expect(started?.participants.map(\.name) == ["bob"])
    harness.wait(.seconds(60))
    let second = harness.joins(cat)
    #expect(second?.isHost == false)
    #expect(second?.participants.map(\.name) == ["bob", "cat"])
    #expect(harness.changes(bob).last?.name == "cat")
    #expect(
      harness.media == [
        .openMeeting(HubHarness.meeting), .join(harness.party(1)), .join(harness.party(2)),
      ])
    harness.wait(.seconds(60))
    harness.leaves(cat)
    #expect(harness.departures(bob) == [.left])
    #expect(harness.gone(cat) == [.left])
    harness.wait(.seconds(600))
    harness.leaves(bob)
    #expect(harness.end?.reason == .empty)
    #expect(harness.namesAtEnd == ["bob", "cat"])
    let end = harness.end
    #expect(end?.endedAt.since(end?.startedAt ?? HubHarness.noon) == .seconds(720))
    #expect(end?.attendances[1].until.since(HubHarness.noon) == .seconds(120))
    #expect(harness.media.last == .closeMeeting(HubHarness.meeting))
    let told = harness.events(cat).map(\.event.body).filter { $0.channel == ChannelID(2) }
    #expect(told.count == 3, "made, started and ended, and nothing of who came and went")
    #expect(harness.hub.sizes.meetings == 0)
  }

  @Test("nobody hears of it, and no media goes, before it is durable")
  func durability() {
    let (harness, bob, cat) = HubHarness.withRoom()
    let request = harness.begin(HubHarness.join(), on: bob)
    #expect(harness.answer(to: request, on: bob).isMissing)
    #expect(harness.media.isEmpty)
    #expect(harness.news(cat).isEmpty)
    harness.settle()
    #expect(harness.media.count == 2)
    #expect(harness.news(cat).map(\.count) == [1])
  }

  @Test("strangers are refused, and public rooms are joined first")
  func membership() {
    let harness = HubHarness(people: ["ann", "bob", "cat", "dan", "eve"])
    let (bob, eve) = (harness.listening("bob"), harness.listening("eve"))
    harness.ask(HubHarness.room("plans", "cat"), on: bob)
    harness.ask(HubHarness.room("open", isPublic: true), on: bob)
    #expect(harness.ask(HubHarness.join(), on: eve).code == .notAMember)
    #expect(harness.ask(HubHarness.join("#open"), on: eve).code == .notAMember)
    harness.ask(.joinRoom(.label("#open")), on: eve)
    #expect(harness.joins(eve, "#open") != nil)
    #expect(
      harness.ask(.meeting(.watch(.label("#plans"), stop: false)), on: eve).code == .notAMember)
    #expect(harness.ask(HubHarness.join("@bob"), on: eve).code == .channelUnknown)
    harness.ask(HubHarness.send("@bob", id: 1), on: eve)
    #expect(harness.joins(eve, "@bob")?.info.label == "@bob")
    #expect(harness.joins(bob, "@eve")?.info.label == "@eve")
    #expect(harness.joins(eve, "#lobby") != nil)
  }

  @Test("a person with two devices is there twice, and once in the history")
  func devices() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    harness.joins(cat)
    let other = harness.listening("cat")
    harness.joins(other)
    #expect(harness.roster(asSeenBy: bob) == ["bob", "cat", "cat"])
    harness.leaves(cat)
    harness.leaves(other)
    harness.leaves(bob)
    #expect(harness.namesAtEnd == ["bob", "cat"])
    let left = harness.store.events.filter {
      if case .meetingLeft(_, AccountID(3)) = $0.event.body { true } else { false }
    }
    #expect(left.count == 1)
  }

  @Test("a lost connection may come back within ten seconds, with its media as they were")
  func resuming() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    let key = harness.joins(cat)?.key ?? []
    harness.disconnect(cat)
    #expect(harness.changes(bob).last?.isLost == true)
    harness.wait(.seconds(9))
    let back = harness.listening("cat")
    let view = harness.joins(back, key: key)
    #expect(view?.isResumed == true)
    #expect(view?.participant == ParticipantID(2))
    #expect(harness.media.last == .retell(harness.party(2)))
    #expect(harness.changes(bob).last?.isLost == false)
    harness.wait(.seconds(20))
    #expect(harness.roster(asSeenBy: bob) == ["bob", "cat"])
    #expect(harness.media.filter { $0 == .leave(harness.party(2)) }.isEmpty)
    let dan = harness.listening("dan")
    #expect(harness.joins(dan, key: key)?.isResumed == false, "the key is nobody else's")
  }

  @Test("who does not come back leaves, and the last one's meeting ends")
  func grace() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    harness.joins(cat)
    harness.disconnect(cat)
    harness.wait(.seconds(10))
    harness.settle()
    #expect(harness.departures(bob) == [.lost])
    harness.disconnect(bob)
    harness.wait(.seconds(10))
    harness.settle()
    #expect(harness.end?.reason == .empty)
    #expect(harness.hub.sizes.participants == 0)
  }

  @Test("a page that is loaded again takes its own place, also when nobody else is there")
  func reloading() {
    let harness = HubHarness()
    let first = harness.connect()
    let token = harness.ask(HubHarness.attempt("bob"), on: first).signedIn?.token
    harness.joins(first, "#lobby")
    harness.disconnect(first)
    let second = harness.connect()
    harness.resume(second, token)
    #expect(harness.joins(second, "#lobby")?.participant == ParticipantID(2))
    #expect(harness.end == nil)
    #expect(harness.hub.sizes.participants == 1)
    harness.joins(second, "#lobby")
    #expect(harness.gone(second) == [.replaced])
    #expect(harness.hub.sizes.participants == 1)
  }

  @Test("whoever leaves the room or signs out leaves the meeting")
  func leavingTheRoom() {
    let (harness, bob, cat) = HubHarness.withRoom()
    let dan = harness.listening("dan")
    for id in [bob, cat, dan] { harness.joins(id) }
    harness.ask(.removeMember(.label("#plans"), "cat"), on: bob)
    #expect(harness.gone(cat) == [.notAMember])
    harness.ask(.signOut, on: dan)
    #expect(harness.roster(asSeenBy: bob) == ["bob"])
    harness.ask(.closeRoom(.label("#plans")), on: bob)
    #expect(harness.end?.reason == .roomClosed)
    #expect(harness.gone(bob) == [.ended])
    #expect(harness.ask(HubHarness.join("#1"), on: bob).code == .channelClosed)
  }

  @Test("watching tells everything and is seen by nobody")
  func watching() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.ask(.meeting(.watch(.label("#plans"), stop: false)), on: bob)
    harness.joins(cat)
    harness.feed(.media(.speaking(HubHarness.meeting, [ParticipantID(1)])))
    #expect(harness.changes(bob).map(\.name) == ["cat"])
    #expect(harness.news(bob).last?.names == ["cat"])
    #expect(harness.roster(asSeenBy: cat) == ["cat"])
    harness.leaves(cat)
    #expect(harness.gone(bob) == [.ended])
    harness.ask(.meeting(.watch(.label("#plans"), stop: true)), on: bob)
    harness.wait(.seconds(2))
    let before = harness.notices(bob).count
    harness.joins(cat)
    #expect(harness.notices(bob).count == before + 1, "only that there is one")
  }

  @Test("who comes while one goes on is told so")
  func subscribing() {
    let (harness, bob, _) = HubHarness.withRoom()
    harness.joins(bob)
    let dan = harness.listening("dan")
    #expect(harness.news(dan).map(\.names) == [["bob"]])
  }

  @Test("its limits hold, but not for owners")
  func limits() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    let token = harness.ask(HubHarness.attempt("dan"), on: harness.connect()).signedIn?.token
    for _ in 1..<HubLimits.meetingParticipantsMax {
      let device = harness.connect()
      harness.resume(device, token)
      harness.joins(device)
      harness.wait(.milliseconds(100))
    }
    #expect(harness.hub.sizes.participants == HubLimits.meetingParticipantsMax)
    #expect(harness.ask(HubHarness.join(), on: cat).code == .meetingFull)
    #expect(harness.joins(harness.listening("ann")) != nil)
    let watcher = harness.listening("cat")
    #expect(harness.ask(.meeting(.leave(MeetingID(7))), on: watcher).code == .meetingUnknown)
  }

  @Test("one account cannot join without end")
  func rate() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    let codes = (0...HubLimits.joinBurst).map { _ in harness.ask(HubHarness.join(), on: cat).code }
    #expect(codes.last == .rateLimited)
    #expect(codes.dropLast().allSatisfy { $0 == nil })
  }
}

extension HubHarness {
  /// Signs a new connection in with a token.
  func resume(_ id: ConnectionID, _ token: Secret?) {
    let hash = Array(SHA256.hash(data: token?.bytes ?? []))
    ask(
      .signIn(SignInAttempt(method: .token(hash: hash), device: nil, proof: nil)), on: id)
  }
}
