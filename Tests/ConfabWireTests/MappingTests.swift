import ConfabDomain
import ConfabWire
import Foundation
import OrderedCollections
import Primitives
import SwiftProtobuf
import Testing

@Suite struct MappingTests {
  @Test(arguments: Rejection.Code.allCases) func rejectionsSurvive(code: Rejection.Code) {
    for wait in [nil, Duration.milliseconds(1), .seconds(10)] {
      let rejection = Rejection(code, "What to do.", retryAfter: wait)
      #expect(Rejection(WireRefusal(rejection)) == rejection)
    }
  }

  @Test func aWaitOfLessThanAMillisecondIsStillAWait() {
    #expect(
      WireRefusal(Rejection(.rateLimited, "", retryAfter: .microseconds(3))).retryAfterMs == 1)
  }

  @Test func anUnknownNumberReachesThePerson() {
    var refusal = WireRefusal()
    (refusal.code, refusal.message) = (4_999, "Something new.")
    #expect(Rejection(refusal).message == "Something new. (error 4999)")
  }

  @Test func rolesAndKindsSurvive() {
    for role in [Role.member, .owner] { #expect(Role(WireRole(role)) == role) }
    for kind in [Channel.Kind.lobby, .publicRoom, .privateRoom, .direct] {
      #expect(Channel.Kind(WireChannelKind(kind)) == kind)
    }
    #expect(Role(.UNRECOGNIZED(9)) == nil)
    #expect(Channel.Kind(.unspecified) == nil)
  }

  @Test func onlyWhatHappensInChannelsIsTold() {
    let room = ChannelID(3)
    let ann = AccountID(1)
    let id = MessageID(high: 1, low: 2)
    let told: [(Event.Body, WireEvent.OneOf_Body)] = [
      (
        .messagePosted(
          room, NewMessage(id: id, author: ann, text: "hi", replyTo: 4, mentions: [AccountID(2)])),
        .posted(
          .with {
            $0.sequence = 8
            $0.id.append(contentsOf: id.bytes)
            $0.text = "hi"
            $0.replyTo = 4
            $0.mentions = ["account 2"]
          })
      ),
      (
        .messageEdited(room, sequence: 8, text: "ho"),
        .edited(.with { ($0.sequence, $0.text) = (8, "ho") })
      ),
      (.messageDeleted(room, sequence: 8), .deleted(.with { $0.sequence = 8 })),
      (
        .reactionAdded(room, sequence: 8, emoji: "👍"),
        .reacted(.with { ($0.sequence, $0.emoji) = (8, "👍") })
      ),
      (
        .reactionRemoved(room, sequence: 8, emoji: "👍"),
        .reacted(.with { ($0.sequence, $0.emoji, $0.removed) = (8, "👍", true) })
      ),
      (.memberJoined(room, ann), .memberJoined(.with { $0.name = "account 1" })),
      (.memberLeft(room, ann), .memberLeft(.with { $0.name = "account 1" })),
      (.ownerChanged(room, ann), .ownerChanged(.with { $0.name = "account 1" })),
      (.roomClosed(room), .closed(WireRoomClosed())),
    ]
    for (body, expected) in told {
      let event = WireEvent(stamped(body), name: name)
      #expect(event?.body == expected)
      #expect(event?.channel == 3)
      #expect(event?.position == 12)
      #expect(event?.by == "account 1")
      #expect(event?.at == Sample.noon.millisecondsSinceEpoch)
    }
    for body in [
      Event.Body.noted("backup"), .readMarked(room, ann, through: 3), .accountDisabled(ann),
    ] {
      #expect(WireEvent(stamped(body), name: name) == nil)
    }
  }

  @Test func theLongestMessageFitsOneReply() throws {
    let accounts = (1...500).map { AccountID($0) }
    let record = MessageRecord(
      channel: .lobby, sequence: .max, position: .max, id: MessageID(high: .max, low: .max),
      at: Sample.noon, author: AccountID(1),
      text: String(repeating: "x", count: Limits.messageBytesMax), replyTo: .max,
      mentions: Array(accounts.prefix(Limits.mentionsPerMessageMax)), editedAt: Sample.noon,
      isDeleted: false,
      reactions: (0..<Limits.reactionsPerMessageMax).map { _ in
        MessageRecord.Reaction(
          emoji: String(repeating: "e", count: Limits.emojiBytesMax), accounts: accounts)
      })
    let message = WireMessage(record) { _ in String(repeating: "n", count: Limits.nameBytesMax) }
    #expect(message.reactions.first?.names.count == WireLimits.reactionNamesMax)
    #expect(message.reactions.first?.count == 500)
    let page = FrameBudget.page(of: [message])
    #expect(page.records.count == 1 && !page.more)
  }

  @Test(arguments: 1...20) func aPageIsAsLongAsFitsAFrame(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var messages: [WireMessage] = []
    for _ in 0..<500 {
      var message = WireMessage()
      message.text = String(repeating: "x", count: Int.random(in: 0...1_000, using: &random))
      messages.append(message)
    }
    let page = FrameBudget.page(of: messages)
    var list = WireMessageList()
    (list.messages, list.more, list.asOfPosition) = (page.records, page.more, .max)
    list.label = "#" + String(repeating: "n", count: Limits.nameBytesMax)
    let bytes = try FrameEncoder.encode(.reply(to: .max, .messageList(list)))
    #expect(page.more)
    #expect(bytes.count > WireLimits.frameBytesMax - 2_000)
  }

  @Test func channelsAreToldAsTheReaderSeesThem() throws {
    let state = foundedWithPrivateRoom()
    guard let room = state.room(named: try Name.room("plans")) else {
      Issue.record("there is no room")
      return
    }
    let info = WireChannelInfo(
      room, label: "#plans", owner: "ann", members: 2,
      membership: room.members[AccountID(1)])
    #expect(info.kind == .private)
    #expect(info.number == 1)
    #expect(info.joined)
    #expect(info.position == 2)
    #expect(info.unread == 1)
    let stranger = WireChannelInfo(
      room, label: "#plans", owner: "ann", members: 2, membership: nil)
    #expect(!stranger.joined)
    #expect(stranger.unread == 0)
  }

  private func foundedWithPrivateRoom() -> PlaceState {
    var state = PlaceState()
    let (ann, ben) = (AccountID(1), AccountID(2))
    func happens(_ by: AccountID?, _ body: Event.Body) {
      state.apply(Event(at: Sample.noon, by: by, body: body))
    }
    happens(nil, .placeFounded(place: Sample.place))
    let hash = PasswordHash(salt: [], hash: [], cost: 2, blockSize: 1, parallelism: 1)
    for (id, name) in [(ann, "ann"), (ben, "ben")] {
      guard let name = try? Name(name) else { continue }
      happens(
        nil,
        .accountCreated(
          NewAccount(id: id, name: name, role: .member, password: hash, invitation: nil)))
    }
    happens(
      ann,
      .channelCreated(
        NewChannel(
          id: ChannelID(2), kind: .privateRoom, name: try? Name.room("plans"), isClassic: false,
          owner: ann, members: [ann, ben])))
    happens(
      ben,
      .messagePosted(
        ChannelID(2),
        NewMessage(
          id: MessageID(high: 0, low: 1), author: ben, text: "hi", replyTo: nil, mentions: [])))
    return state
  }

  private func stamped(_ body: Event.Body) -> StampedEvent {
    StampedEvent(
      entry: 100, event: Event(at: Sample.noon, by: AccountID(1), body: body), position: 12,
      sequence: 8)
  }

  private func name(_ account: AccountID) -> String { "account \(account)" }
}
