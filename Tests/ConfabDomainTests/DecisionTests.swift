import ConfabDomain
import OrderedCollections
import Primitives
import Testing

@Suite("Commands: what is decided")
struct DecisionTests {
  @Test("the first message to somebody makes the channel of the two")
  func firstDirect() throws {
    var story = Story(people: "ann", "bob")
    let first = try story.perform(send("@bob"), by: .account(ann))
    #expect(first.count == 2)
    #expect(first[1].sequence == 1)
    let second = try story.perform(send("@ann"), by: .account(bob))
    #expect(second.count == 1)
    #expect(second[0].sequence == 2)
    #expect(second[0].event.body.channel == first[0].event.body.channel)
  }

  @Test("notes to oneself are a channel of one")
  func notes() throws {
    var story = Story(people: "ann")
    try story.perform(send("@ann"), by: .account(ann))
    #expect(try story.perform(send("@ann"), by: .account(ann)).last?.sequence == 2)
    checkInvariants(of: story.state)
  }

  @Test("only members are mentioned, each once")
  func mentions() throws {
    var story = Story(people: "ann", "bob", "cat")
    let room = story.makeRoom("plans", [ann, bob])
    try story.perform(
      send("#plans", "@BOB @bob @cat @nobody @ann"), by: .account(ann))
    #expect(story.membership(bob, in: room)?.mentions == [1])
    guard case .messagePosted(_, let message)? = story.events.last?.body else {
      Issue.record("nothing was posted")
      return
    }
    #expect(message.mentions == [bob, ann])
  }

  @Test("one answers and reacts to what one may see")
  func hiddenPast() {
    var story = Story(people: "ann", "bob")
    let room = story.makeRoom("plans", [ann])
    story.say(in: room, by: ann)
    story.happen(.memberJoined(room, bob))
    story.say(in: room, by: ann)
    let facts = MessageFacts(author: ann, isDeleted: false, reactions: [])
    for (sequence, code) in [(1, .messageUnknown), (2, nil)] as [(UInt64, Rejection.Code?)] {
      #expect(story.refusal(send("#plans", "hi", replyTo: sequence), by: .account(bob)) == code)
      let reaction = ReactToMessage(
        channel: .id(room), sequence: sequence, emoji: "+", remove: false, facts: facts)
      #expect(story.refusal(reaction, by: .account(bob)) == code)
    }
  }

  @Test("asking again for what is so already changes nothing")
  func noChange() throws {
    var story = Story(people: "ann", "bob")
    let room = story.makeRoom("plans", [ann, bob], isPublic: true)
    story.say(in: room, by: ann)
    let mine = MessageFacts(
      author: bob, isDeleted: false,
      reactions: [MessageRecord.Reaction(emoji: "👍", accounts: [ann])])
    func react(_ emoji: String, remove: Bool) -> ReactToMessage {
      ReactToMessage(channel: .id(room), sequence: 1, emoji: emoji, remove: remove, facts: mine)
    }
    let commands: [any Command] = [
      JoinRoom(channel: .id(room)), RenameRoom(channel: .id(room), name: "plans"),
      EnableAccount(name: "bob"), react("👍", remove: false), react("🎉", remove: true),
      MarkRead(channel: .id(room), sequence: 1),
    ]
    for command in commands {
      #expect(try story.perform(command, by: .account(ann)).isEmpty, "\(command)")
    }
    #expect(try story.perform(react("👍", remove: true), by: .account(ann)).count == 1)
  }

  @Test("reading is marked once, and not beyond what there is")
  func markRead() throws {
    var story = Story(people: "ann", "bob")
    story.say(in: .lobby, by: ann)
    story.say(in: .lobby, by: ann)
    let mark = MarkRead(channel: .id(.lobby), sequence: 99)
    let marked = try story.perform(mark, by: .account(bob))
    #expect(marked.map(\.event.body) == [.readMarked(.lobby, bob, through: 2)])
    #expect(try story.perform(mark, by: .account(bob)).isEmpty)
  }

  @Test(
    "who leaves last closes the room; who leaves as its owner leaves it to the next",
    arguments: [true, false])
  func leaving(byRemoval: Bool) throws {
    var story = Story(people: "ann", "bob", "cat")
    let room = story.makeRoom("plans", [bob, cat])
    func leave(_ account: AccountID, _ name: String) throws {
      if byRemoval {
        try story.perform(RemoveMember(channel: .id(room), member: name), by: .account(ann))
      } else {
        try story.perform(LeaveRoom(channel: .id(room)), by: .account(account))
      }
    }
    try leave(bob, "bob")
    #expect(story.channel(room).owner == cat)
    #expect(!story.channel(room).isClosed)
    try leave(cat, "cat")
    #expect(story.channel(room).isClosed)
    checkInvariants(of: story.state)
  }

  @Test("a closed room can be left, by its owner and by the last one, and stays closed")
  func leavingWhatIsClosed() throws {
    var story = Story(people: "ann", "bob", "cat")
    let room = story.makeRoom("plans", [bob, cat])
    try story.perform(CloseRoom(channel: .id(room)), by: .account(bob))
    let first = try story.perform(LeaveRoom(channel: .label("#1")), by: .account(bob))
    #expect(first.map(\.event.body) == [.memberLeft(room, bob), .ownerChanged(room, cat)])
    let last = try story.perform(LeaveRoom(channel: .label("#1")), by: .account(cat))
    #expect(last.map(\.event.body) == [.memberLeft(room, cat)])
    #expect(story.channel(room).isClosed)
    #expect(story.channel(room).members.isEmpty)
    checkInvariants(of: story.state)
  }

  @Test("disabling ends every session; a new password ends all but the one that asked")
  func sessionsEnd() throws {
    var story = Story(people: "ann", "bob")
    let first = story.openSession(bob)
    let second = story.openSession(bob)
    let changed = try story.perform(
      SetPassword(account: bob, password: Story.password, keeping: second), by: .account(bob))
    #expect(changed.map(\.event.body).last == .sessionClosed(first, .passwordChanged))
    #expect(changed.count == 2)
    try story.perform(DisableAccount(name: "bob"), by: .account(ann))
    #expect(story.state.sessions.isEmpty)
    #expect(story.state.accounts[bob]?.isDisabled == true)
  }

  @Test("a refusal tells a stranger no more of a private room than what they typed")
  func noNamesLeak() throws {
    var story = Story(people: "ann", "bob")
    let room = story.makeRoom("secret-plans", [ann])
    let closed = story.makeRoom("secret-past", [ann])
    story.happen(.roomClosed(closed))
    let references: [ChannelReference] = [
      .id(room), .label("#1"), .label("1"), .id(closed), .label("#2"),
    ]
    for reference in references {
      let commands: [any Command] = [
        SendMessage(channel: reference, id: MessageID(high: 0, low: 0), text: "x", replyTo: nil),
        JoinRoom(channel: reference), LeaveRoom(channel: reference),
        RenameRoom(channel: reference, name: "x"), MarkRead(channel: reference, sequence: 1),
      ]
      for command in commands {
        do throws(Rejection) {
          _ = try command.decide(in: story.state, by: .account(bob), at: story.now)
          Issue.record("\(command) was granted")
        } catch {
          #expect(!error.message.contains("secret"), "\(command)")
        }
      }
    }
  }

  @Test("a refusal names no command, for in the chat they are others than in the shell")
  func noCommands() {
    var story = Story(people: "ann", "bob")
    story.makeRoom("open", [ann], isPublic: true)
    let refused: [(any Command, AccountID)] = [
      (send("#plans"), bob), (send("#open"), bob),
      (RemoveMember(channel: .label("#open"), member: "ann"), ann),
    ]
    for (command, person) in refused {
      do throws(Rejection) {
        _ = try command.decide(in: story.state, by: .account(person), at: story.now)
        Issue.record("\(command) was granted")
      } catch {
        #expect(!error.message.contains("confab"), "\(error.message)")
        #expect(!error.message.contains("/"), "\(error.message)")
      }
    }
  }

  @Test("too many members are refused")
  func tooManyMembers() {
    var story = Story(people: "ann")
    for number in 0..<Limits.roomMembersMax {
      story.happen(
        .accountCreated(
          NewAccount(
            id: story.state.nextAccount, name: Story.name("p\(number)"), role: .member,
            password: Story.password, invitation: nil)))
    }
    let all = (0..<Limits.roomMembersMax).map { "p\($0)" }
    let invitation = InviteMembers(channel: .id(story.makeRoom("big", [ann])), members: all)
    #expect(story.refusal(invitation, by: .account(ann)) == .placeFull)
  }

  private func send(_ channel: String, _ text: String = "hi", replyTo: UInt64? = nil)
    -> SendMessage
  {
    SendMessage(
      channel: .label(channel), id: MessageID(high: 1, low: 1), text: text, replyTo: replyTo)
  }
}

@Suite("Classic rooms")
struct ClassicRoomTests {
  private func room(_ members: String..., active: Set<AccountID> = [ann, bob, cat])
    -> CreateClassicRoom
  {
    CreateClassicRoom(members: members, active: active)
  }

  @Test("they are named after their number")
  func naming() throws {
    var story = Story(people: "ann", "bob", "cat")
    story.makeRoom("room-2", [ann])
    try story.perform(room("bob"), by: .account(ann))
    let made = try #require(story.state.channels.values.last)
    #expect(made.name?.text == "room-2-1")
    #expect(made.number == 2)
    #expect(made.isClassic)
  }

  @Test("unknown and absent people are named, and nothing is made")
  func refusals() {
    let story = Story(people: "ann", "bob", "cat", "dan")
    func words(_ command: CreateClassicRoom) -> (Rejection.Code, String)? {
      do throws(Rejection) {
        _ = try command.decide(in: story.state, by: .account(ann), at: story.now)
        return nil
      } catch {
        return (error.code, error.message)
      }
    }
    let both = words(room("bob", "nobody", "dan", "zoe"))
    #expect(both?.0 == .accountUnknown)
    #expect(both?.1.contains("unknown: nobody, zoe") == true)
    #expect(both?.1.contains("not active: dan") == true)
    #expect(words(room("dan"))?.0 == .accountNotActive)
    #expect(words(room("ann"))?.0 == .roomNeedsOthers)
    #expect(words(room())?.0 == .roomNeedsOthers)
    #expect(words(room("b b"))?.0 == .nameInvalid)
  }

  @Test("the same set of people is one room, whoever asks, until it is closed or they change")
  func sameSet() throws {
    var story = Story(people: "ann", "bob", "cat")
    try story.perform(room("bob", "cat"), by: .account(ann))
    let first = try #require(story.state.channels.keys.last)
    for (actor, others) in [(bob, ["cat", "ann"]), (cat, ["ANN", "bob", "ann"])] {
      let again = CreateClassicRoom(members: others, active: [ann, bob, cat])
      #expect(try again.decide(in: story.state, by: .account(actor), at: story.now) == [])
      #expect(again.existing(in: story.state, by: .account(actor))?.id == first)
    }
    // A part of them, or a modern room of the same people, is another room.
    #expect(room("bob").existing(in: story.state, by: .account(ann)) == nil)
    try story.perform(LeaveRoom(channel: .id(first)), by: .account(cat))
    #expect(room("bob").existing(in: story.state, by: .account(ann))?.id == first)
    story.makeRoom("modern", [ann, bob, cat])
    #expect(room("bob", "cat").existing(in: story.state, by: .account(ann)) == nil)
    story.happen(.roomClosed(first))
    #expect(room("bob").existing(in: story.state, by: .account(ann)) == nil)
  }
}
