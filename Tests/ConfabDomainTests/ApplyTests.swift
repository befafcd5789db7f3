import ConfabDomain
import OrderedCollections
import Primitives
import Testing

@Suite("Applying events")
struct ApplyTests {
  @Test("founding makes the lobby, once")
  func founding() {
    var story = Story()
    #expect(story.state.channels.keys == [.lobby])
    #expect(story.state.nextChannel == ChannelID(2))
    let before = story.state
    story.happen(.placeFounded(place: [UInt8](repeating: 1, count: 16)))
    #expect(story.state.place == before.place)
    #expect(story.state.channels == before.channels)
  }

  @Test("messages count in sequence, everything counts in position, both without gaps")
  func counters() {
    var story = Story(people: "ann", "bob")
    let room = story.makeRoom("plans", [ann, bob])
    let stamps = [
      story.say(in: room, by: ann),
      story.happen(.messageEdited(room, sequence: 1, text: "hi"), by: ann),
      story.say(in: room, by: bob),
      story.happen(.reactionAdded(room, sequence: 2, emoji: "👍"), by: ann),
      story.happen(.messageDeleted(room, sequence: 1), by: ann),
      story.happen(.memberLeft(room, bob), by: bob),
      story.say(in: room, by: ann),
    ]
    #expect(stamps.map(\.position) == [2, 3, 4, 5, 6, 7, 8])
    #expect(stamps.map(\.sequence) == [1, nil, 2, nil, nil, nil, 3])
    #expect(stamps.map(\.entry) == Array(stamps[0].entry..<stamps[0].entry + 7))
    #expect(story.state.entry == UInt64(story.events.count))
  }

  @Test("what happens outside of channels has no position")
  func outside() {
    var story = Story(people: "ann")
    let stamp = story.happen(.readMarked(.lobby, ann, through: 0))
    #expect(stamp.position == nil)
    #expect(story.channel(.lobby).position == 0)
  }

  @Test("time never runs backwards within a channel, and is not clamped elsewhere")
  func time() {
    var story = Story(people: "ann")
    let room = story.makeRoom("plans", [ann])
    story.say(in: .lobby, by: ann)
    story.wait(.seconds(-3600))
    let early = story.now
    #expect(story.say(in: .lobby, by: ann).event.at == Story.noon)
    #expect(story.happen(.roomRenamed(room, Story.name("b"))).event.at == Story.noon)
    #expect(story.happen(.noted("backup")).event.at == early)
    story.wait(.seconds(7200))
    #expect(story.say(in: .lobby, by: ann).event.at == story.now)
  }

  @Test("in a private room one sees what comes after one's joining, in a public one everything")
  func visibility() {
    var story = Story(people: "ann", "bob")
    for isPublic in [true, false] {
      let room = story.makeRoom(isPublic ? "open" : "closed", [ann], isPublic: isPublic)
      story.say(in: room, by: ann)
      story.say(in: room, by: ann)
      story.happen(.memberJoined(room, bob), by: ann)
      let visible = story.visibility(of: room, for: bob)
      // Position 1 made the room, 2 and 3 are messages, 4 is the joining, which bob sees.
      #expect(visible == (isPublic ? .everything : Visibility(afterPosition: 3, afterSequence: 2)))
      #expect(story.visibility(of: room, for: ann)?.afterSequence == 0)
      // Nobody begins with unread messages.
      #expect(story.membership(bob, in: room)?.readThrough == 2)
    }
  }

  @Test("strangers see public rooms and the lobby, nothing of private ones and direct messages")
  func strangers() {
    var story = Story(people: "ann", "bob", "cat")
    let open = story.makeRoom("open", [ann], isPublic: true)
    let hidden = story.makeRoom("hidden", [ann])
    let direct = story.state.nextChannel
    story.happen(
      .channelCreated(
        NewChannel(
          id: direct, kind: .direct, name: nil, isClassic: false, owner: nil, members: [ann, bob])))
    #expect(story.visibility(of: open, for: cat) == .everything)
    #expect(story.visibility(of: .lobby, for: cat) == .everything)
    #expect(story.visibility(of: hidden, for: cat) == nil)
    #expect(story.visibility(of: direct, for: cat) == nil)
    #expect(story.visibility(of: direct, for: bob) == .everything)
  }

  @Test("whoever comes back to a private room sees what comes after the latest joining")
  func rejoining() {
    var story = Story(people: "ann", "bob")
    let room = story.makeRoom("plans", [ann, bob])
    story.say(in: room, by: ann)
    story.happen(.memberLeft(room, bob))
    #expect(story.visibility(of: room, for: bob) == nil)
    story.say(in: room, by: ann)
    story.happen(.memberJoined(room, bob))
    #expect(story.visibility(of: room, for: bob)?.afterSequence == 2)
  }

  @Test("joining twice does not hide what was seen")
  func joiningTwice() {
    var story = Story(people: "ann", "bob")
    let room = story.makeRoom("plans", [ann, bob])
    story.say(in: room, by: ann)
    let before = story.channel(room)
    let stamp = story.happen(.memberJoined(room, bob))
    #expect(stamp.position == nil)
    #expect(story.channel(room) == before)
  }

  @Test("a newcomer reads the lobby from its beginning and has nothing unread")
  func newcomer() {
    var story = Story(people: "ann")
    story.say(in: .lobby, by: ann)
    let id = story.state.nextAccount
    story.happen(
      .accountCreated(
        NewAccount(
          id: id, name: Story.name("bob"), role: .member, password: Story.password,
          invitation: nil)))
    #expect(story.membership(id, in: .lobby)?.readThrough == 1)
    #expect(story.visibility(of: .lobby, for: id) == .everything)
  }

  @Test("unread messages and mentions are counted until they are read or answered")
  func unread() {
    var story = Story(people: "ann", "bob", "cat")
    story.say(in: .lobby, by: ann, mentioning: [bob, ann])
    story.say(in: .lobby, by: ann)
    story.say(in: .lobby, by: ann, mentioning: [bob])
    #expect(story.membership(bob, in: .lobby)?.readThrough == 0)
    #expect(story.membership(bob, in: .lobby)?.mentions == [1, 3])
    // One's own mention is no news.
    #expect(story.membership(ann, in: .lobby)?.mentions == [])
    #expect(story.membership(ann, in: .lobby)?.readThrough == 3)

    story.happen(.readMarked(.lobby, bob, through: 2))
    #expect(story.membership(bob, in: .lobby)?.mentions == [3])
    story.happen(.readMarked(.lobby, bob, through: 1))
    #expect(story.membership(bob, in: .lobby)?.readThrough == 2)
    story.say(in: .lobby, by: bob)
    #expect(story.membership(bob, in: .lobby)?.readThrough == 4)
    #expect(story.membership(bob, in: .lobby)?.mentions == [])
  }

  @Test("nobody has to read what is deleted")
  func deletions() {
    var story = Story(people: "ann", "bob")
    for _ in 1...5 { story.say(in: .lobby, by: ann, mentioning: [bob]) }
    func delete(_ sequence: UInt64) {
      story.happen(.messageDeleted(.lobby, sequence: sequence), by: ann)
    }
    story.happen(.readMarked(.lobby, bob, through: 1))
    for sequence in [4, 1, 3, 4, 0, 99] as [UInt64] { delete(sequence) }
    #expect(story.channel(.lobby).deletions == [1, 3, 4])
    #expect((0...6).map { story.channel(.lobby).unread(after: $0) } == [2, 2, 1, 1, 1, 0, 0])
    #expect(story.membership(bob, in: .lobby)?.mentions == [2, 5])
    for _ in 1...Limits.deletionsMax {
      delete(story.say(in: .lobby, by: ann).sequence ?? 0)
    }
    #expect(story.channel(.lobby).deletions.count == Limits.deletionsMax)
    #expect(story.channel(.lobby).deletions.first == 6)
    #expect(story.channel(.lobby).unread(after: 5) == 0)
  }

  @Test("the oldest of too many mentions is forgotten")
  func manyMentions() {
    var story = Story(people: "ann", "bob")
    for _ in 0...Limits.unreadMentionsMax {
      story.say(in: .lobby, by: ann, mentioning: [bob])
    }
    let mentions = story.membership(bob, in: .lobby)?.mentions ?? []
    #expect(mentions.count == Limits.unreadMentionsMax)
    #expect(mentions.first == 2)
  }

  @Test("a closed room keeps its number, its members and its history; its name becomes free")
  func closing() throws {
    var story = Story(people: "ann", "bob")
    let old = story.makeRoom("plans", [ann, bob])
    story.say(in: old, by: ann)
    story.happen(.roomClosed(old))
    #expect(story.state.room(named: Story.name("plans")) == nil)
    #expect(story.state.roomsByNumber[1] == old)
    #expect(story.visibility(of: old, for: bob) == .everything)
    let new = story.makeRoom("Plans", [bob])
    #expect(story.state.room(named: Story.name("plans"))?.id == new)
    #expect(story.channel(new).number == 2)

    // Neither closing nor renaming the old one again touches the new one's name.
    story.happen(.roomClosed(old))
    story.happen(.roomRenamed(old, Story.name("gone")))
    #expect(story.state.room(named: Story.name("plans"))?.id == new)
    #expect(story.state.room(named: Story.name("gone")) == nil)
    checkInvariants(of: story.state)
  }

  @Test("renaming frees the old name and keeps the number; another's name is not taken")
  func renaming() {
    var story = Story(people: "ann")
    let plans = story.makeRoom("plans", [ann])
    let games = story.makeRoom("games", [ann])
    story.happen(.roomRenamed(plans, Story.name("ideas")))
    #expect(story.state.room(named: Story.name("plans")) == nil)
    #expect(story.state.room(named: Story.name("ideas"))?.number == 1)
    #expect(story.happen(.roomRenamed(plans, Story.name("GAMES"))).position == nil)
    #expect(story.state.room(named: Story.name("games"))?.id == games)
    story.happen(.roomRenamed(plans, Story.name("IDEAS")))
    #expect(story.channel(plans).name?.text == "IDEAS")
    checkInvariants(of: story.state)
  }

  @Test("only rooms get numbers")
  func numbers() {
    var story = Story(people: "ann", "bob")
    story.makeRoom("a", [ann])
    story.happen(
      .channelCreated(
        NewChannel(
          id: story.state.nextChannel, kind: .direct, name: nil, isClassic: false, owner: nil,
          members: [ann, bob])))
    let room = story.makeRoom("b", [ann])
    #expect(story.channel(room).number == 2)
    checkInvariants(of: story.state)
  }

  @Test("the loser of a race changes nothing of the winner's")
  func races() {
    var story = Story(people: "ann", "bob")
    let room = story.makeRoom("plans", [ann])
    let session = story.openSession(ann, token: [1])
    story.registerDevice(ann, key: 1)
    let before = story.state
    func sameNumber(_ kind: Channel.Kind, _ name: String?, _ id: ChannelID) -> Event.Body {
      .channelCreated(
        NewChannel(
          id: id, kind: kind, name: name.map { Story.name($0) }, isClassic: false, owner: bob,
          members: [bob]))
    }
    let losers: [Event.Body] = [
      sameNumber(.privateRoom, "other", room),
      sameNumber(.privateRoom, "PLANS", story.state.nextChannel),
      .accountCreated(
        NewAccount(
          id: story.state.nextAccount, name: Story.name("ANN"), role: .owner,
          password: Story.password, invitation: nil)),
      .accountCreated(
        NewAccount(
          id: ann, name: Story.name("zoe"), role: .owner, password: Story.password,
          invitation: nil)),
      .sessionOpened(
        NewSession(
          id: session, account: bob, device: nil, tokenHash: [2], address: "192.0.2.2")),
      .sessionOpened(
        NewSession(
          id: story.state.nextSession, account: bob, device: nil, tokenHash: [1],
          address: "192.0.2.2")),
      .deviceRegistered(NewDevice(id: DeviceID(1), account: bob, keys: Story.keys(2))),
      .memberLeft(room, bob),
      .ownerChanged(room, bob),
      .memberJoined(room, AccountID(99)),
      .memberJoined(ChannelID(99), bob),
      .sessionClosed(SessionID(99), .revoked),
    ]
    for loser in losers {
      #expect(story.happen(loser).position == nil, "\(loser)")
      story.state.entry = before.entry
      #expect(story.state == before, "\(loser)")
    }
  }

  @Test("two people have one channel for their direct messages")
  func directRace() {
    var story = Story(people: "ann", "bob")
    for members in [[ann, bob], [bob, ann]] {
      story.happen(
        .channelCreated(
          NewChannel(
            id: story.state.nextChannel, kind: .direct, name: nil, isClassic: false, owner: nil,
            members: members)))
    }
    #expect(story.state.channels.count == 2)
    checkInvariants(of: story.state)
  }

  @Test("a session that ends is gone from everywhere")
  func sessions() {
    var story = Story(people: "ann")
    let first = story.openSession(ann, token: [1])
    let second = story.openSession(ann, token: [2])
    #expect(story.state.session(tokenHash: [2])?.id == second)
    story.happen(.sessionClosed(first, .signedOut))
    #expect(story.state.session(tokenHash: [1]) == nil)
    #expect(story.state.accounts[ann]?.sessions == [second])
    #expect(story.openSession(ann, token: [1]) > second)
    checkInvariants(of: story.state)
  }

  @Test("labels are what the reader would type")
  func labels() {
    var story = Story(people: "ann", "bob")
    let room = story.makeRoom("Plans", [ann])
    let direct = story.state.nextChannel
    for members in [[ann, bob], [ann]] {
      story.happen(
        .channelCreated(
          NewChannel(
            id: story.state.nextChannel, kind: .direct, name: nil, isClassic: false, owner: nil,
            members: members)))
    }
    #expect(story.state.label(of: story.channel(.lobby), for: ann) == "#lobby")
    #expect(story.state.label(of: story.channel(room), for: bob) == "#Plans")
    #expect(story.state.label(of: story.channel(direct), for: ann) == "@bob")
    #expect(story.state.label(of: story.channel(direct), for: bob) == "@ann")
    let notes = ChannelID(direct.rawValue + 1)
    #expect(story.state.label(of: story.channel(notes), for: ann) == "@ann")
  }
}
