import ConfabDomain
import OrderedCollections
import Primitives
import Testing

/// One line of a table: who wants what, and the number of the refusal, or nil.
struct Row: Sendable, CustomTestStringConvertible {
  var who: Actor
  var command: any Command
  var code: Rejection.Code?
  var words: String

  init(_ words: String, _ who: Actor, _ command: any Command, _ code: Rejection.Code? = nil) {
    self.words = words
    self.who = who
    self.command = command
    self.code = code
  }

  var testDescription: String { words }
}

/// ann owns the place and `#open` (public); bob owns `#plans` (private, with ann), which has two
/// messages; `#old` was closed; ann and bob have written to each other; cat and dan are members only of
/// the lobby.
private func village() -> Story {
  var story = Story(people: "ann", "bob", "cat", "dan")
  story.makeRoom("open", [ann], isPublic: true)  // channel 2, room 1
  let plans = story.makeRoom("plans", [bob, ann])  // channel 3, room 2
  story.say(in: plans, by: bob)
  story.say(in: plans, by: ann)
  let old = story.makeRoom("old", [bob, cat])  // channel 4, room 3
  story.happen(.roomClosed(old))
  story.happen(  // channel 5
    .channelCreated(
      NewChannel(
        id: ChannelID(5), kind: .direct, name: nil, isClassic: false, owner: nil,
        members: [ann, bob])))
  story.openSession(bob)
  return story
}

private let a = Actor.account(ann)
private let b = Actor.account(bob)
private let c = Actor.account(cat)
private let d = Actor.account(dan)

private func send(_ channel: String, _ text: String = "hi", replyTo: UInt64? = nil) -> SendMessage {
  SendMessage(
    channel: .label(channel), id: MessageID(high: 1, low: 1), text: text, replyTo: replyTo)
}

private func bobs(
  isDeleted: Bool = false, _ reactions: [MessageRecord.Reaction] = []
) -> MessageFacts {
  MessageFacts(author: bob, isDeleted: isDeleted, reactions: reactions)
}

private func edit(_ facts: MessageFacts?, _ text: String = "new") -> EditMessage {
  EditMessage(channel: .label("#plans"), sequence: 1, text: text, facts: facts)
}

private func delete(_ facts: MessageFacts?, in channel: String = "#plans") -> DeleteMessage {
  DeleteMessage(channel: .label(channel), sequence: 1, facts: facts)
}

private func react(_ facts: MessageFacts?, _ emoji: String = "👍", remove: Bool = false)
  -> ReactToMessage
{
  ReactToMessage(
    channel: .label("#plans"), sequence: 1, emoji: emoji, remove: remove, facts: facts)
}

private func room(_ name: String, _ members: String...) -> CreateRoom {
  CreateRoom(name: name, members: members, isPublic: false)
}

@Suite("Commands: who may do what")
struct CommandTests {
  @Test("each wish is granted or refused with its number", arguments: rooms + messages + accounts)
  func table(_ row: Row) {
    #expect(village().refusal(row.command, by: row.who) == row.code)
  }

  static let messages: [Row] = [
    Row("to the lobby", c, send("#lobby")),
    Row("without #", c, send("Lobby")),
    Row("to a room by its number", b, send("#2")),
    Row("to somebody for the first time", c, send("@dan")),
    Row("to oneself", c, send("@cat")),
    Row("the operator is nobody", .operator, send("#lobby"), .requestInvalid),
    Row("a room that is not", c, send("#nowhere"), .channelUnknown),
    Row("a number that is not", c, send("#99"), .channelUnknown),
    Row("a sign is no number", b, send("#+2"), .channelUnknown),
    Row("a private room of others", c, send("#plans"), .notAMember),
    Row("a public room not joined", c, send("#open"), .notAMember),
    Row("a closed room by its name, for who was in it", c, send("#old"), .channelClosed),
    Row("a closed room by its name, for others", d, send("#old"), .channelUnknown),
    Row("a closed room by its number", c, send("#3"), .channelClosed),
    Row("a closed room of others", d, send("#3"), .notAMember),
    Row("somebody who is not", c, send("@nobody"), .accountUnknown),
    Row("a name that cannot be", c, send("@no body"), .nameInvalid),
    Row("nothing said", c, send("#lobby", " "), .messageEmpty),
    Row("too much", c, send("#lobby", String(repeating: "x", count: 8193)), .messageTooLong),
    Row("an answer", b, send("#plans", replyTo: 2)),
    Row("an answer to nothing", b, send("#plans", replyTo: 3), .messageUnknown),
    Row("an answer to zero", b, send("#plans", replyTo: 0), .messageUnknown),
    Row("a first message that answers", c, send("@dan", replyTo: 1), .messageUnknown),

    Row("edits one's own", b, edit(bobs())),
    Row("edits another's", a, edit(bobs()), .notTheAuthor),
    Row("edits in a room of others", c, edit(bobs()), .notAMember),
    Row("edits what is not", b, edit(nil), .messageUnknown),
    Row("edits what was deleted", b, edit(bobs(isDeleted: true)), .messageDeleted),
    Row("edits to nothing", b, edit(bobs(), ""), .messageEmpty),
    Row("deletes one's own", b, delete(bobs())),
    Row("deletes another's as owner of the place", a, delete(bobs())),
    Row(
      "deletes another's as owner of the room", b,
      delete(MessageFacts(author: ann, isDeleted: false, reactions: []))),
    Row("deletes another's", d, delete(bobs(), in: "#lobby"), .notTheAuthor),
    Row("deletes another's in private", a, delete(bobs(), in: "@bob"), .notTheAuthor),
    Row("deletes in a room of others", d, delete(bobs()), .notAMember),
    Row("deletes twice", b, delete(bobs(isDeleted: true)), .messageDeleted),
    Row("reacts", a, react(bobs())),
    Row("reacts to what is not", a, react(nil), .messageUnknown),
    Row("reacts to what was deleted", a, react(bobs(isDeleted: true)), .messageDeleted),
    Row("reacts in a room of others", c, react(bobs()), .notAMember),
    Row("reads", c, MarkRead(channel: .label("#lobby"), sequence: 1)),
    Row(
      "reads in a room of others", c, MarkRead(channel: .label("#plans"), sequence: 1), .notAMember),
  ]

  static let rooms: [Row] = [
    Row("makes a room", c, room("new", "@ann", "bob")),
    Row("the name of a closed one is free", c, room("old")),
    Row("a name that is taken", c, room("PLANS"), .nameTaken),
    Row("the lobby's name", c, room("lobby"), .nameTaken),
    Row("a number for a name", c, room("42"), .nameInvalid),
    Row("a look-alike", c, room("pl\u{0430}ns"), .nameInvalid),
    Row("with somebody who is not", c, room("new", "nobody"), .accountUnknown),
    Row("the operator is no member", .operator, room("new"), .requestInvalid),

    Row("joins a public room", c, JoinRoom(channel: .label("#open"))),
    Row("joins what one is in", a, JoinRoom(channel: .label("#open"))),
    Row("joins a private room", c, JoinRoom(channel: .label("#plans")), .notAMember),
    Row("joins the lobby", c, JoinRoom(channel: .label("#lobby")), .notARoom),
    Row("joins a person", c, JoinRoom(channel: .label("@ann")), .notARoom),
    Row("joins a closed room", d, JoinRoom(channel: .label("#3")), .channelClosed),

    Row("leaves", b, LeaveRoom(channel: .label("#plans"))),
    Row("leaves where one is not", c, LeaveRoom(channel: .label("#plans")), .notAMember),
    Row("leaves the lobby", c, LeaveRoom(channel: .label("#lobby")), .notARoom),
    Row("leaves direct messages", a, LeaveRoom(channel: .label("@bob")), .notARoom),
    Row("leaves a closed room", c, LeaveRoom(channel: .label("#3"))),
    Row("leaves a closed room of others", d, LeaveRoom(channel: .label("#3")), .notAMember),

    Row("every member invites", a, InviteMembers(channel: .label("#plans"), members: ["cat"])),
    Row(
      "strangers do not", c, InviteMembers(channel: .label("#plans"), members: ["cat"]), .notAMember
    ),
    Row(
      "who is in already", a, InviteMembers(channel: .label("#plans"), members: ["bob", "ann"]),
      .alreadyAMember),
    Row(
      "some are in already", a, InviteMembers(channel: .label("#plans"), members: ["bob", "cat"])),
    Row("nobody", a, InviteMembers(channel: .label("#plans"), members: []), .requestInvalid),
    Row(
      "somebody unknown besides", a,
      InviteMembers(channel: .label("#plans"), members: ["cat", "nobody"]), .accountUnknown),
    Row("into the lobby", a, InviteMembers(channel: .label("#lobby"), members: ["cat"]), .notARoom),

    Row("the room's owner removes", b, RemoveMember(channel: .label("#plans"), member: "ann")),
    Row("the place's owner removes", a, RemoveMember(channel: .label("#plans"), member: "bob")),
    Row("the operator removes", .operator, RemoveMember(channel: .label("#plans"), member: "bob")),
    Row(
      "a stranger does not", c, RemoveMember(channel: .label("#plans"), member: "bob"), .notAMember),
    Row("oneself", b, RemoveMember(channel: .label("#plans"), member: "bob"), .requestInvalid),
    Row(
      "who is not in", b, RemoveMember(channel: .label("#plans"), member: "cat"), .accountUnknown),

    Row("renames one's own", b, RenameRoom(channel: .label("#plans"), name: "ideas")),
    Row("in other letters", b, RenameRoom(channel: .label("#plans"), name: "PLANS")),
    Row("to a taken name", b, RenameRoom(channel: .label("#plans"), name: "open"), .nameTaken),
    Row("the place's owner renames", a, RenameRoom(channel: .label("#plans"), name: "ideas")),
    Row(
      "a stranger does not rename", c, RenameRoom(channel: .label("#plans"), name: "x"), .notAMember
    ),
    Row("the lobby keeps its name", a, RenameRoom(channel: .label("#lobby"), name: "x"), .notARoom),
    Row("closes one's own", b, CloseRoom(channel: .label("#plans"))),
    Row("closes twice", b, CloseRoom(channel: .label("#3")), .channelClosed),
    Row("a stranger does not close", c, CloseRoom(channel: .label("#plans")), .notAMember),
    Row("the lobby stays", a, CloseRoom(channel: .label("#lobby")), .notARoom),
    Row("the operator closes", .operator, CloseRoom(channel: .label("#plans"))),
  ]

  static let accounts: [Row] = [
    Row("an owner adds people", a, add("eve")),
    Row("the operator adds people", .operator, add("eve")),
    Row("a member does not", b, add("eve"), .ownerRequired),
    Row("a taken name", a, add("BOB"), .nameTaken),
    Row("a name with a control character", a, add("e\u{7}ve"), .nameInvalid),
    Row("an owner disables", a, DisableAccount(name: "bob")),
    Row("not oneself", a, DisableAccount(name: "ann"), .requestInvalid),
    Row("a member disables nobody", b, DisableAccount(name: "cat"), .ownerRequired),
    Row("who is not", a, DisableAccount(name: "nobody"), .accountUnknown),
    Row("enables", a, EnableAccount(name: "bob")),
    Row("a member enables nobody", b, EnableAccount(name: "cat"), .ownerRequired),
    Row("unlocks", .operator, UnlockAccount(name: "bob")),
    Row("a member unlocks nobody", b, UnlockAccount(name: "bob"), .ownerRequired),
    Row("makes an owner", a, SetRole(name: "bob", role: .owner)),
    Row("a member makes nobody an owner", b, SetRole(name: "bob", role: .owner), .ownerRequired),
    Row("the last owner stays one", a, SetRole(name: "ann", role: .member), .requestInvalid),
    Row(
      "no such invitation", a, RevokeInvitation(invitation: InvitationID(99)), .invitationInvalid),
    Row("signs out everywhere", a, SignOutEverywhere(name: "bob")),
    Row("a member signs out nobody", c, SignOutEverywhere(name: "bob"), .ownerRequired),
    Row("one's own password", b, password(of: bob)),
    Row("another's password", b, password(of: cat), .ownerRequired),
    Row("an owner sets it", a, password(of: cat)),
    Row("one's own session", b, RevokeSession(session: SessionID(1))),
    Row("another's session", c, RevokeSession(session: SessionID(1)), .sessionUnknown),
    Row("an owner ends it", a, RevokeSession(session: SessionID(1))),
    Row("no session", a, RevokeSession(session: SessionID(9)), .sessionUnknown),
  ]

  private static func add(_ name: String) -> AddAccount {
    AddAccount(name: name, password: Story.password, admission: .byAdministrator(.member))
  }

  private static func password(of account: AccountID) -> SetPassword {
    SetPassword(account: account, password: Story.password, keeping: nil)
  }

  @Test(
    "a reaction is one emoji",
    arguments: [
      ("👍", true), ("❤️", true), ("👩‍👩‍👧‍👦", true), ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", true), ("🇩🇪", true), ("1️⃣", true), ("+", true),
      ("☃", true), ("", false), ("a", false), ("7", false), ("#", false), ("👍👍", false),
      (" ", false), ("\n", false), ("\u{1B}", false), ("👍\u{202E}", false), ("ok", false),
      ("👍" + String(repeating: "\u{301}", count: 40), false),
    ])
  func emoji(_ emoji: String, _ isGood: Bool) {
    #expect(village().refusal(react(bobs(), emoji), by: a) == (isGood ? nil : .emojiInvalid))
  }

  @Test("a message holds so many different emoji, but any number of people may join in")
  func manyEmoji() {
    let story = village()
    let full = (0..<Limits.reactionsPerMessageMax).map { index in
      MessageRecord.Reaction(
        emoji: String(UnicodeScalar(0x1F600 + UInt32(index)) ?? "x"), accounts: [bob])
    }
    #expect(story.refusal(react(bobs(full)), by: a) == .placeFull)
    #expect(story.refusal(react(bobs(full), "\u{1F600}"), by: a) == nil)
  }
}
