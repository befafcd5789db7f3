import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Rooms and who hears of them")
struct RoomTests {
  private let room = ChannelID(2)

  @Test("everybody in a new room is told of it and hears what is said, others nothing")
  func creation() {
    let harness = HubHarness()
    let (ann, bob, cat) = (
      harness.listening("ann"), harness.listening("bob"), harness.listening("cat")
    )
    let made = harness.ask(HubHarness.room("plans", "@bob"), on: ann).channel
    #expect(made?.label == "#plans")
    #expect(made?.owner == "ann")
    #expect(made?.members == 2)
    harness.ask(HubHarness.send("#plans", id: 1), on: bob)
    for id in [ann, bob] {
      guard case .channelChanged(let view)? = harness.notices(id).first else {
        Issue.record("not told")
        continue
      }
      #expect(view.id == room)
      #expect(view.isJoined)
      #expect(harness.positions(id, in: room) == [1, 2])
    }
    #expect(harness.notices(cat).isEmpty)
    #expect(harness.positions(cat).isEmpty)
  }

  @Test("who is removed hears the removal and nothing later")
  func removal() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.ask(HubHarness.room("plans", "bob"), on: ann)
    // All in one batch of the journal.
    harness.begin(HubHarness.send("#plans", id: 1), on: ann)
    harness.begin(.removeMember(.label("#plans"), "bob"), on: ann)
    harness.begin(HubHarness.send("#plans", id: 2), on: ann)
    let refused = harness.begin(HubHarness.send("#plans", id: 3), on: bob)
    harness.settle()
    #expect(harness.positions(bob, in: room) == [1, 2, 3])
    #expect(harness.events(bob).last?.event.body == .memberLeft(room, AccountID(2)))
    guard case .channelGone(room, let label)? = harness.notices(bob).last else {
      Issue.record("not told")
      return
    }
    #expect(label == "#plans")
    #expect(harness.answer(to: refused, on: bob).code == .notAMember)
    #expect(harness.positions(ann, in: room) == [1, 2, 3, 4])

    // Who comes back sees what comes after.
    harness.ask(.inviteMembers(.label("#plans"), ["bob"]), on: ann)
    harness.ask(HubHarness.send("#plans", id: 4), on: ann)
    #expect(harness.positions(bob, in: room) == [1, 2, 3, 5, 6])
  }

  @Test("the last one out closes; an heir is told to those who stay")
  func leaving() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.ask(HubHarness.room("plans", "bob"), on: ann)
    #expect(harness.ask(.leaveRoom(.label("plans")), on: ann).channel?.isJoined == false)
    #expect(harness.events(bob).last?.event.body == .ownerChanged(room, AccountID(2)))
    #expect(harness.events(ann).last?.event.body == .memberLeft(room, AccountID(1)))
    #expect(harness.ask(.leaveRoom(.label("#1")), on: bob).channel?.isClosed == true)
    #expect(harness.ask(.joinRoom(.label("#plans")), on: ann).code == .channelUnknown)
  }

  @Test("a closed room may be read and not written to, and its name is free")
  func closing() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.ask(HubHarness.room("plans", "bob"), on: ann)
    #expect(harness.ask(.closeRoom(.label("#plans")), on: bob).code == .roomOwnerRequired)
    #expect(harness.ask(.closeRoom(.label("#plans")), on: ann).channel?.isClosed == true)
    #expect(harness.ask(HubHarness.send("#1", id: 1), on: bob).code == .channelClosed)
    #expect(harness.ask(.readMessages(.label("#1"), .newest, limit: 1), on: bob).read != nil)
    #expect(harness.ask(.readMessages(.label("#plans"), .newest, limit: 1), on: bob).read != nil)
    #expect(harness.ask(HubHarness.room("plans"), on: bob).channel?.number == 2)

    #expect(harness.ask(.leaveRoom(.id(room)), on: bob).channel?.isJoined == false)
    guard case .channelGone(room, let label)? = harness.notices(bob).last else {
      Issue.record("not told")
      return
    }
    #expect(label == "#plans")
    #expect(harness.ask(.readMessages(.id(room), .newest, limit: 1), on: bob).code == .notAMember)
  }

  @Test("a public room is found, read without joining, and joined")
  func publicRoom() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.ask(HubHarness.room("open", isPublic: true), on: ann)
    let list = Request.listChannels(notJoined: true, after: ChannelID(0))
    #expect(harness.ask(list, on: bob).channels?.map(\.isJoined) == [true, false])
    #expect(harness.ask(.readMessages(.label("#open"), .newest, limit: 1), on: bob).read != nil)
    #expect(harness.ask(HubHarness.send("#open", id: 1), on: bob).code == .notAMember)
    #expect(harness.ask(.joinRoom(.label("#open")), on: bob).channel?.isJoined == true)
    #expect(harness.ask(HubHarness.send("#open", id: 1), on: bob).sent?.sequence == 1)
    #expect(harness.positions(bob, in: room) == [2, 3])
  }

  @Test("a stranger finds out nothing of a private room but that its name is taken")
  func strangers() {
    let harness = HubHarness()
    let (ann, cat) = (harness.listening("ann"), harness.listening("cat"))
    harness.ask(HubHarness.room("secret", "bob"), on: ann)
    let refused: [Request] = [
      HubHarness.send("#1", id: 1), .joinRoom(.label("#1")), .leaveRoom(.label("#1")),
      .readMessages(.label("#1"), .newest, limit: 1), .listMembers(.label("#1"), after: ""),
      .readEvents(ChannelID(2), afterPosition: 0, limit: 1), .markRead(.id(room), sequence: 1),
      .search(words: "x", in: .label("#1"), limit: 1), .edit(.id(room), sequence: 1, text: "x"),
      .inviteMembers(.label("#1"), ["cat"]), .removeMember(.label("#1"), "ann"),
      .renameRoom(.label("#1"), to: "x"), .closeRoom(.label("#1")),
    ]
    for request in refused {
      let answer = harness.ask(request, on: cat)
      #expect(answer.code == .notAMember, "\(request)")
      #expect(answer.rejection?.message.contains("secret") == false, "\(request)")
    }
    let list = Request.listChannels(notJoined: true, after: ChannelID(0))
    #expect(harness.ask(list, on: cat).channels?.map(\.label) == ["#lobby"])
    #expect(harness.positions(cat).isEmpty)
    #expect(harness.notices(cat).isEmpty)
  }

  @Test("the first message to a person makes the channel of the two, and both are told")
  func direct() {
    let harness = HubHarness()
    let (ann, bob, cat) = (
      harness.listening("ann"), harness.listening("bob"), harness.listening("cat")
    )
    #expect(harness.ask(HubHarness.send("@bob", id: 1), on: ann).sent?.label == "@bob")
    #expect(harness.ask(HubHarness.send("@ann", id: 2), on: bob).sent?.sequence == 2)
    for (id, label) in [(ann, "@bob"), (bob, "@ann")] {
      guard case .channelChanged(let view)? = harness.notices(id).first else {
        Issue.record("not told")
        continue
      }
      #expect(view.label == label)
      #expect(harness.positions(id) == [1, 2, 3])
    }
    #expect(harness.positions(cat).isEmpty)
    #expect(harness.ask(.leaveRoom(.label("@bob")), on: ann).code == .notARoom)
    #expect(harness.ask(.closeRoom(.label("@cat")), on: ann).code == .notARoom)
  }

  @Test("two who write to each other at the same instant share one channel")
  func directRace() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    harness.begin(HubHarness.send("@bob", id: 1), on: ann)
    harness.begin(HubHarness.send("@ann", id: 2), on: bob)
    harness.settle()
    #expect(harness.store.state.channels.count == 2)
    #expect(harness.positions(ann) == [1, 2, 3])
  }

  @Test("of a room name twice at the same instant one is made")
  func sameName() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    let one = harness.begin(HubHarness.room("plans"), on: ann)
    let two = harness.begin(HubHarness.room("Plans"), on: bob)
    harness.settle()
    #expect(harness.answer(to: one, on: ann).channel != nil)
    #expect(harness.answer(to: two, on: bob).code == .nameTaken)
  }
}

@Suite("Classic rooms, as asked for")
struct ClassicTests {
  private func classic(_ members: String...) -> Request { .createClassicRoom(members: members) }

  @Test("unknown and offline people are named, and nothing is made")
  func refusals() {
    let harness = HubHarness()
    let ann = harness.signedIn("ann")
    _ = harness.listening("bob")
    #expect(harness.ask(classic("bob", "nobody"), on: ann).code == .accountUnknown)
    let away = harness.ask(classic("bob", "cat"), on: ann)
    #expect(away.code == .accountNotActive)
    #expect(away.rejection?.message.contains("cat") == true)
    #expect(harness.ask(classic("ann"), on: ann).code == .roomNeedsOthers)
    #expect(harness.store.state.channels.count == 1)
  }

  @Test("the same set of people is one room, whoever asks")
  func sameSet() {
    let harness = HubHarness()
    let (ann, bob) = (harness.listening("ann"), harness.listening("bob"))
    let first = harness.ask(classic("bob"), on: ann).channel
    #expect(first?.label == "#room-1")
    #expect(first?.number == 1)
    #expect(harness.ask(classic("ann"), on: bob).channel?.id == first?.id)
    #expect(harness.store.state.channels.count == 2)
  }

  @Test("'does not exist' comes before 'not in this room'")
  func order() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    _ = harness.listening("bob")
    harness.ask(classic("bob"), on: ann)
    let cat = harness.listening("cat")
    #expect(harness.ask(HubHarness.send("#2", id: 1), on: cat).code == .channelUnknown)
    #expect(harness.ask(HubHarness.send("#1", id: 1), on: cat).code == .notAMember)
  }
}
