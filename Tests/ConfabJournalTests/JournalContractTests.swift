import ConfabDomain
import ConfabJournal
import Primitives
import Testing

/// What every engine must do alike.
@Suite struct JournalContractTests {
  @Test(arguments: Engine.allCases)
  func stateComesBackFromItsEvents(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    #expect(try journal.loadState() == PlaceState())
    var place = try Place.withTwo()
    place.posts("hello")
    try journal.append(&place)
    #expect(try journal.loadState() == place.state)
    try journal.saveSnapshot(place.state)
    #expect(try journal.loadState() == place.state)
    place.posts("later")
    try journal.append(&place)
    #expect(try journal.loadState() == place.state)
  }

  @Test(arguments: Engine.allCases)
  func groupsThatDoNotFollowAreRefusedWhole(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    try journal.append(&place)
    place.posts("one")
    place.posts("two")
    var group = place.group()
    group[1].entry += 1
    #expect(throws: JournalError.self) { try journal.append(group) }
    #expect(try journal.texts() == [])
    group[1].entry -= 1
    try journal.append(group)
    #expect(try journal.texts() == ["one", "two"])
    #expect(throws: JournalError.self) { try journal.append(group) }
  }

  @Test(arguments: Engine.allCases)
  func messagesComeInPages(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    for number in 1...10 { place.posts("m\(number)") }
    try journal.append(&place)

    let newest = try journal.messages(limit: 3)
    #expect(newest.messages.map(\.sequence) == [8, 9, 10])
    #expect(newest.more)
    #expect(newest.asOfPosition == 10)
    let before = try journal.messages(.lobby, .beforeSequence(3), limit: 3)
    #expect(before.messages.map(\.sequence) == [1, 2])
    #expect(!before.more)
    let since = try journal.messages(.lobby, .sinceSequence(4), limit: 2)
    #expect(since.messages.map(\.sequence) == [5, 6])
    #expect(since.more)
    #expect(try journal.messages(.lobby, .sinceSequence(.max)).messages == [])
    #expect(try journal.messages(.lobby, .beforeSequence(0)).messages == [])
    #expect(try journal.messages(.lobby, .beforeSequence(.max)).messages.count == 10)
    #expect(try journal.messages(ChannelID(99)).messages == [])
    #expect(try journal.messages(ChannelID(99)).asOfPosition == 0)
  }

  @Test(arguments: Engine.allCases)
  func timesAreStrictlyLater(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    for at in [2_000_000, 2_000_000, 2_000_001, 2_000_500] as [Int64] {
      place.posts("at \(at)", at: at)
    }
    // A clock that jumps back is clamped within the channel.
    place.posts("jumped", at: 5)
    try journal.append(&place)
    func since(_ time: Int64) throws -> [UInt64] {
      try journal.messages(.lobby, .sinceTime(WallTime(millisecondsSinceEpoch: time)))
        .messages.map(\.sequence)
    }
    #expect(try since(1_999_999) == [1, 2, 3, 4, 5])
    #expect(try since(2_000_000) == [3, 4, 5])
    #expect(try since(2_000_001) == [4, 5])
    #expect(try since(2_000_500) == [])
    #expect(try since(-1).count == 5)
    #expect(try since(.max) == [])
  }

  @Test(arguments: Engine.allCases)
  func nothingBeforeOnesJoiningIsSeen(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    let room = try place.opensRoom("plans")
    place.posts("a secret plan", in: room)
    place.happens(.memberJoined(room, Place.bob), by: Place.ann)
    place.posts("an open plan", in: room)
    try journal.append(&place)

    let scope = place.scope(room, for: Place.bob)
    let page = try journal.messages(room, .newest, visibility: scope.visibility)
    #expect(page.messages.map(\.text) == ["an open plan"])
    #expect(!page.more)
    #expect(
      try journal.messages(room, .sinceSequence(0), visibility: scope.visibility).messages.count
        == 1)
    #expect(
      try journal.messages(
        room, .sinceTime(WallTime(millisecondsSinceEpoch: 0)), visibility: scope.visibility
      ).messages.count == 1)
    #expect(
      try journal.messages(room, .beforeSequence(2), visibility: scope.visibility).messages == [])
    #expect(try journal.found("plan", in: [scope]) == ["an open plan"])
    #expect(try journal.found("plan", in: [place.scope(room)]).count == 2)
    #expect(try journal.found("plan", in: [place.scope(.lobby)]) == [])
    #expect(try journal.found("plan", in: []) == [])
  }

  @Test(arguments: Engine.allCases)
  func editsAndDeletionsReachEveryView(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    place.posts("first draught")
    place.posts("kept")
    let edit = place.happens(
      .messageEdited(.lobby, sequence: 1, text: "second version"), by: Place.ann)
    try journal.append(&place)
    let edited = try #require(try journal.messages().messages.first)
    #expect(edited.text == "second version")
    #expect(edited.editedAt == edit.event.at)
    #expect(edited.position == 1)
    #expect(try journal.found("draught") == [])
    #expect(try journal.found("version") == ["second version"])
    // What it said before is for nobody, not even for who asks for what happened.
    #expect(
      try journal.events(EventQuery(channel: .lobby, afterPosition: 0, limit: 100)).events
        .compactMap(\.event.body.text) == ["second version", "kept", "second version"])
    #expect(try journal.verifyAudit().brokenAt == nil)

    place.happens(.messageDeleted(.lobby, sequence: 1), by: Place.ann)
    place.happens(.messageEdited(.lobby, sequence: 1, text: "too late"), by: Place.ann)
    place.happens(.messageDeleted(.lobby, sequence: 99), by: Place.ann)
    place.happens(.messageEdited(.lobby, sequence: 99, text: "no such"), by: Place.ann)
    try journal.append(&place)
    let deleted = try #require(try journal.messages().messages.first)
    #expect(deleted.isDeleted)
    #expect(deleted.text == "")
    #expect(try journal.found("version") == [])
    #expect(try journal.found("late") == [])
    #expect(try journal.found("kept") == ["kept"])
    #expect(try journal.facts(of: 1, in: .lobby)?.isDeleted == true)

    let events = try journal.events(
      EventQuery(channel: .lobby, afterPosition: 0, limit: 100)
    ).events
    #expect(events.map(\.position) == [1, 2, 3, 4, 5, 6, 7])
    #expect(events.compactMap(\.event.body.text) == ["", "kept", "", "", "no such"])
    #expect(try journal.verifyAudit().brokenAt == nil)
    #expect(try journal.loadState() == place.state)
  }

  @Test(arguments: Engine.allCases)
  func reactionsStandInTheOrderOfFirstUse(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    place.posts("one")
    place.posts("two")
    for (sequence, emoji, account) in [
      (1, "👍", Place.ann), (1, "🎉", Place.ann), (1, "👍", Place.bob), (2, "🎉", Place.bob),
      (1, "👍", Place.bob),
    ] as [(UInt64, String, AccountID)] {
      place.happens(.reactionAdded(.lobby, sequence: sequence, emoji: emoji), by: account)
    }
    try journal.append(&place)
    typealias Reaction = MessageRecord.Reaction
    #expect(
      try journal.messages().messages.map(\.reactions) == [
        [
          Reaction(emoji: "👍", accounts: [Place.ann, Place.bob]),
          Reaction(emoji: "🎉", accounts: [Place.ann]),
        ],
        [Reaction(emoji: "🎉", accounts: [Place.bob])],
      ])
    place.happens(.reactionRemoved(.lobby, sequence: 1, emoji: "👍"), by: Place.ann)
    place.happens(.reactionRemoved(.lobby, sequence: 2, emoji: "👍"), by: Place.ann)
    try journal.append(&place)
    let facts = try #require(try journal.facts(of: 1, in: .lobby))
    #expect(facts.author == Place.ann)
    #expect(
      facts.reactions == [
        Reaction(emoji: "🎉", accounts: [Place.ann]),
        Reaction(emoji: "👍", accounts: [Place.bob]),
      ])
    #expect(try journal.facts(of: 3, in: .lobby) == nil)
    #expect(try journal.facts(of: 0, in: .lobby) == nil)
  }

  @Test(arguments: Engine.allCases)
  func retriesFindWhatWasStored(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    place.posts("zero")
    let posted = place.posts("one", by: Place.bob, replyTo: 1, mentions: [Place.ann])
    try journal.append(&place)
    guard case .messagePosted(_, let message) = posted.event.body else { return }
    #expect(
      try journal.storedMessage(message.id)
        == StoredMessage(
          channel: .lobby, author: Place.bob, sequence: 2, position: 2, at: posted.event.at))
    #expect(try journal.storedMessage(MessageID(high: 1, low: 2)) == nil)
    let record = try #require(try journal.messages().messages.last)
    #expect(record.id == message.id)
    #expect(record.replyTo == 1)
    #expect(record.mentions == [Place.ann])
  }

  @Test(arguments: Engine.allCases)
  func eventsComeInPagesOfTheirChannel(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    let room = try place.opensRoom("plans")
    place.posts("in the lobby")
    place.posts("in the room", in: room)
    place.happens(.memberJoined(room, Place.bob), by: Place.ann)
    let all = place.group()
    try journal.append(all)
    let first = try journal.events(EventQuery(channel: room, afterPosition: 0, limit: 2))
    #expect(first.events == all.filter { $0.event.body.channel == room }.prefix(2).map { $0 })
    #expect(first.more)
    let rest = try journal.events(EventQuery(channel: room, afterPosition: 2, limit: 2))
    #expect(rest.events.map(\.position) == [3])
    #expect(!rest.more)
    #expect(
      try journal.events(EventQuery(channel: room, afterPosition: .max, limit: 2)).events == [])
  }

  @Test(arguments: Engine.allCases)
  func anAuditorReadsEverythingButTexts(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    place.posts("private words", at: 9_000_000)
    place.happens(.noted("a backup"), at: 8_000_000)
    place.happens(.noted("another"), at: 9_500_000)
    try journal.append(&place)
    let all = try journal.audit(AuditQuery(since: nil, afterEntry: 0, limit: 100))
    #expect(all.records.map(\.event.entry) == [1, 2, 3, 4, 5, 6])
    #expect(all.records[3].event.event.body.text == "")
    #expect(all.records.last?.chain == (try journal.verifyAudit()).head)
    let page = try journal.audit(AuditQuery(since: nil, afterEntry: 1, limit: 2))
    #expect(page.records.map(\.event.entry) == [2, 3])
    #expect(page.more)
    let last = try journal.audit(
      AuditQuery(since: nil, afterEntry: 0, limit: 2, newestFirst: true))
    #expect(last.records.map(\.event.entry) == [6, 5])
    #expect(last.more)
    let first = try journal.audit(
      AuditQuery(since: nil, afterEntry: 3, limit: 9, newestFirst: true))
    #expect(first.records.map(\.event.entry) == [2, 1])
    #expect(!first.more)
    func since(_ time: Int64) throws -> [UInt64] {
      try journal.audit(
        AuditQuery(
          since: WallTime(millisecondsSinceEpoch: time), afterEntry: 0, limit: 100)
      ).records.map(\.event.entry)
    }
    #expect(try since(7_999_999) == [4, 5, 6])
    // The clock had jumped back: what is not later is left out, wherever it stands.
    #expect(try since(8_000_000) == [4, 6])
    #expect(try since(9_000_000) == [6])
    #expect(try since(9_500_000) == [])
  }

  @Test(arguments: Engine.allCases)
  func closedIsClosed(_ engine: Engine) throws {
    let folder = try Folder()
    let journal = try engine.open(folder)
    var place = try Place.withTwo()
    try journal.append(&place)
    try journal.close()
    place.posts("late")
    #expect(throws: JournalError.closed) { try journal.append(&place) }
    #expect(throws: JournalError.closed) { try journal.messages() }
    #expect(throws: JournalError.closed) { try journal.loadState() }
    try journal.close()
  }
}
