import ConfabTerminal
import Primitives

/// A model under a clock of its own, with keys and events to drive it.
struct Scene {
  var model: ChatModel
  var now: Now
  private(set) var intents: [ChatIntent] = []

  /// 22 November 2026 17:00 UTC, a Sunday.
  static let start = CivilDate(year: 2026, month: 11, day: 22, hour: 17).wallTime()

  init(
    width: Int = 80, height: Int = 24, account: String = "alice", channel: String = "#lobby",
    zone: LocalZone = .fixed(0)
  ) {
    now = Now(wall: Self.start, monotonic: MonotonicTime(nanoseconds: 1_000_000_000))
    model = ChatModel(
      account: account, place: "meet.example", zone: zone, now: now, channel: channel)
    send(.resize(width: width, height: height))
  }

  @discardableResult
  mutating func send(_ event: ChatEvent) -> [ChatIntent] {
    intents = model.update(event, at: now)
    return intents
  }

  mutating func pass(seconds: Int) {
    now.wall = now.wall + .seconds(seconds)
    now.monotonic = now.monotonic + .seconds(seconds)
    send(.tick)
  }

  @discardableResult
  mutating func press(_ keys: Key...) -> [ChatIntent] {
    keys.flatMap { send(.key($0)) }
  }

  /// Bytes as a terminal sends them.
  @discardableResult
  mutating func type(_ text: String) -> [ChatIntent] {
    var decoder = KeyDecoder()
    return (decoder.decode(Array(text.utf8)) + decoder.flush()).flatMap { send(.key($0)) }
  }

  var screen: Screen { view(model, width: model.size.width, height: model.size.height) }

  static func message(
    _ sequence: Int, _ from: String, _ text: String, minutes: Int = 0, replyTo: Int? = nil,
    isEdited: Bool = false, isDeleted: Bool = false, reactions: [Reaction] = []
  ) -> ChatMessage {
    ChatMessage(
      sequence: sequence, from: from, at: start + .seconds(minutes * 60), text: text,
      isEdited: isEdited, isDeleted: isDeleted, replyTo: replyTo, reactions: reactions)
  }

  /// Signed in, four conversations, a talk in the lobby.
  static func talk(width: Int = 80, height: Int = 24, zone: LocalZone = .fixed(0)) -> Scene {
    var scene = Scene(width: width, height: height, zone: zone)
    scene.send(.connection(.connected))
    scene.send(.channels(summaries))
    scene.send(
      .people(
        channel: "#lobby",
        [
          Person(name: "dave"), Person(name: "bob", activeSince: start - .seconds(3600)),
          Person(name: "alice", activeSince: start - .seconds(60)),
          Person(name: "Carol", activeSince: start - .seconds(172_800)),
        ]))
    scene.send(.page(channel: "#lobby", messages, hasOlder: false))
    return scene
  }

  static let summaries = [
    ChannelSummary(key: "#lobby", kind: .lobby, unread: 2, readThrough: 4),
    ChannelSummary(key: "#team", kind: .privateRoom, unread: 12, mentions: 1, readThrough: 3),
    ChannelSummary(key: "#a-room-with-a-long-name", kind: .publicRoom, unread: 1_200),
    ChannelSummary(key: "#archive", kind: .publicRoom, isClosed: true),
    ChannelSummary(key: "@bob", kind: .direct),
  ]

  static let messages = [
    message(1, "bob", "Good evening", minutes: -1_500),
    message(2, "Carol", "hello bob, is @alice here?", minutes: -1_499),
    message(
      3, "alice", "I am", minutes: -20,
      reactions: [
        Reaction(emoji: "👍", count: 2, isMine: false),
        Reaction(emoji: "🎉", count: 1, isMine: true),
      ]),
    message(4, "bob", "Then let us begin", minutes: -15, replyTo: 3, isEdited: true),
    message(5, "dave", "", minutes: -10, isDeleted: true),
    message(6, "Carol", "two lines:\nthe second", minutes: -5),
  ]
}

extension TransferLine {
  static func sending(
    _ number: Int, _ name: String, to other: String, _ fraction: Double? = nil,
    _ details: [String] = ["connecting…"]
  ) -> TransferLine {
    TransferLine(
      number: number, name: name, .sending, other, fraction: fraction, details: details,
      isRunning: true)
  }

  /// One of each kind, as the shell tells them.
  static let examples = [
    sending(
      1, "lecture1.mp4", to: "@bob", 0.42, ["268.4/640.2 MB", "98.1 Mbit/s", "0:30", "direct"]),
    TransferLine(
      number: 2, name: "a long name of a film from the summer.mkv", .receiving, "@Carol",
      details: ["12.3 MB", "/accept 2", "/decline 2"], isRunning: false),
    sending(3, "notes.txt", to: "#team", nil, ["waiting for dave, erin"]),
  ]
}
