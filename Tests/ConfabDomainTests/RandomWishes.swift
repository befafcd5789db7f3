import ConfabDomain
import OrderedCollections
import Primitives

/// People who want things at random, also things that make no sense.
struct RandomWishes {
  var story = Story(people: "ann", "bob", "cat", "dan", "eve")
  let firstEntry: UInt64
  private(set) var stamped: [StampedEvent] = []
  private(set) var granted = 0
  private var random: SeededRandom
  /// Who wants the next thing.
  private var wisher = ann

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    firstEntry = story.state.entry + 1
  }

  mutating func run(steps: Int) {
    for _ in 0..<steps { step() }
  }

  mutating func step() {
    // Mostly forward, sometimes the clock jumps.
    story.wait(
      .milliseconds(
        Int64.random(in: random.chance(0.05) ? -100_000...100_000 : 0...50, using: &random)))
    wisher = somebody()
    let actor = random.chance(0.05) ? Actor.operator : .account(wisher)
    let command = wish()
    guard let events = try? story.perform(command, by: actor) else { return }
    granted += 1
    stamped += events
  }

  private mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: choices.indices, using: &random)]
  }

  private mutating func somebody() -> AccountID {
    pick(Array(story.state.accounts.keys))
  }

  private mutating func name() -> String {
    pick([
      "ann", "bob", "@cat", "Dan", "eve", random.chance(0.8) ? "bob" : "a b",
      "p\(random.next() % 8)",
    ])
  }

  private mutating func room() -> String {
    pick(["plans", "Games", "ideas", "room-1", "lobby", "7"])
  }

  private mutating func reference() -> ChannelReference {
    switch random.next() % 8 {
    case 0: .label("#lobby")
    case 1: .label(name().hasPrefix("@") ? name() : "@\(name())")
    case 2: .label("#\(room())")
    case 3: .label("#\(random.next() % 10)")
    case 4: .id(pick(Array(story.state.channels.keys) + [ChannelID(999)]))
    // A guest who has gone is in none.
    default: .id(story.state.accounts[wisher]?.channels.randomElement(using: &random) ?? .lobby)
    }
  }

  private mutating func facts() -> MessageFacts? {
    random.chance(0.2)
      ? nil
      : MessageFacts(
        author: random.chance(0.7) ? wisher : somebody(), isDeleted: random.chance(0.2),
        reactions: random.chance(0.5)
          ? [] : [MessageRecord.Reaction(emoji: "👍", accounts: [somebody()])])
  }

  private mutating func wish() -> any Command {
    switch random.next() % 5 {
    case 0: roomWish()
    case 1: accountWish()
    case 2: meetingWish()
    default: messageWish()
    }
  }

  private mutating func meetingWish() -> any Command {
    let open = story.state.channels.values.filter { $0.meeting != nil }.map(\.id)
    let channel = pick(open + [.lobby, ChannelID(999)])
    switch random.next() % 9 {
    case 0: return StartMeeting(channel: reference())
    case 1: return AttendMeeting(channel: channel)
    case 2: return RemoveFromMeeting(channel: channel, account: somebody())
    case 3: return EndMeeting(channel: channel, reason: .ended)
    case 4:
      return SetWaitingRoom(
        channel: reference(), waitingRoom: pick([.guests, .everybody, .nobody]))
    case 5, 6:
      return CreateGuestLink(
        channel: reference(), secretHash: [UInt8].random(count: 4, using: &random),
        uses: UInt32(random.next() % 3), expiresIn: .seconds(Int64(random.next() % 100)))
    default:
      let guests = story.state.invitations.values.filter { $0.role == .guest }.map(\.id)
      return WelcomeGuest(invitation: pick(guests + [InvitationID(1)]), name: name())
    }
  }

  private mutating func messageWish() -> any Command {
    let sequence = random.next() % 10
    switch random.next() % 8 {
    case 0:
      return EditMessage(channel: reference(), sequence: sequence, text: "new", facts: facts())
    case 1: return DeleteMessage(channel: reference(), sequence: sequence, facts: facts())
    case 2:
      return ReactToMessage(
        channel: reference(), sequence: sequence, emoji: pick(["👍", "x", "+"]),
        remove: random.chance(0.4), facts: facts())
    case 3: return MarkRead(channel: reference(), sequence: sequence)
    default:
      return SendMessage(
        channel: reference(), id: MessageID(using: &random),
        text: pick(["hello", "@ann look", "@bob @cat @dan", " "]),
        replyTo: random.chance(0.2) ? sequence : nil)
    }
  }

  private mutating func roomWish() -> any Command {
    switch random.next() % 9 {
    case 0, 1:
      return CreateRoom(name: room(), members: [name(), name()], isPublic: random.chance(0.5))
    case 2:
      return CreateClassicRoom(
        members: [name(), name()], active: Set([somebody(), somebody(), somebody()]))
    case 3: return JoinRoom(channel: reference())
    case 4: return LeaveRoom(channel: reference())
    case 5: return InviteMembers(channel: reference(), members: [name(), name()])
    case 6: return RemoveMember(channel: reference(), member: name())
    case 7: return RenameRoom(channel: reference(), name: room())
    default: return CloseRoom(channel: reference())
    }
  }

  private mutating func accountWish() -> any Command {
    switch random.next() % 7 {
    case 0:
      return AddAccount(
        name: name(), password: Story.password,
        admission: pick([
          .byAdministrator(.member), .openRegistration,
          .byInvitation(InvitationID(random.next() % 5)),
        ]))
    case 1:
      return CreateInvitation(
        secretHash: [UInt8].random(count: 4, using: &random), uses: UInt32(random.next() % 3),
        expiresIn: .seconds(Int64(random.next() % 100)))
    case 2: return DisableAccount(name: name())
    case 3: return EnableAccount(name: name())
    case 4: return SignOutEverywhere(name: name())
    case 5: return RevokeSession(session: SessionID(random.next() % 10))
    default: return SetPassword(account: somebody(), password: Story.password, keeping: nil)
    }
  }
}
