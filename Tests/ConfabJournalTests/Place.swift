import ConfabDomain
import ConfabJournal
import Foundation
import OrderedCollections
import Primitives

/// A small place for tests: events get their numbers from the real state.
struct Place {
  private(set) var state = PlaceState()
  /// Everything that was stamped and not yet taken.
  private var waiting: [StampedEvent] = []
  private var now: Int64 = 1_000_000
  private var random = SeededRandom(seed: 7)

  static let ann = AccountID(1)
  static let bob = AccountID(2)

  init() {}

  /// Goes on from what a journal has.
  init(state: PlaceState) {
    self.state = state
    // No id of a message may come twice.
    random = SeededRandom(seed: state.entry)
  }

  /// Founded, with ann and bob in it, who are in the lobby.
  static func withTwo() throws -> Place {
    var place = Place()
    place.happens(.placeFounded(place: [UInt8](repeating: 7, count: 16)))
    for (id, name) in [(ann, "ann"), (bob, "bob")] {
      place.happens(
        .accountCreated(
          NewAccount(
            id: id, name: try Name(name), role: .member,
            password: PasswordHash(
              salt: [1], hash: [2], cost: 2, blockSize: 8, parallelism: 1), invitation: nil)))
    }
    return place
  }

  /// Each event a second after the one before, unless a time is given.
  @discardableResult
  mutating func happens(
    _ body: Event.Body, by: AccountID? = nil, at: Int64? = nil
  ) -> StampedEvent {
    now = at ?? now + 1000
    let stamped = state.apply(
      Event(at: WallTime(millisecondsSinceEpoch: now), by: by, body: body))
    waiting.append(stamped)
    return stamped
  }

  @discardableResult
  mutating func posts(
    _ text: String, by: AccountID = ann, in channel: ChannelID = .lobby, replyTo: UInt64? = nil,
    mentions: [AccountID] = [], at: Int64? = nil
  ) -> StampedEvent {
    let message = NewMessage(
      id: MessageID(using: &random), author: by, text: text, replyTo: replyTo, mentions: mentions)
    return happens(.messagePosted(channel, message), by: by, at: at)
  }

  @discardableResult
  mutating func opensRoom(
    _ name: String, kind: Channel.Kind = .privateRoom, members: [AccountID] = [ann]
  ) throws -> ChannelID {
    let id = state.nextChannel
    happens(
      .channelCreated(
        NewChannel(
          id: id, kind: kind, name: try Name.room(name), isClassic: false, owner: members.first,
          members: members)))
    return id
  }

  /// What happened since the last call, as one group.
  mutating func group() -> [StampedEvent] {
    defer { waiting = [] }
    return waiting
  }

  /// What a reader may see of a channel.
  func scope(_ channel: ChannelID, for reader: AccountID = ann) -> SearchQuery.Scope {
    SearchQuery.Scope(
      channel: channel,
      visibility: state.accounts[reader].flatMap { state.channels[channel]?.visibility(for: $0) }
        ?? .everything)
  }
}

extension Journal {
  func messages(
    _ channel: ChannelID = .lobby, _ bound: MessageQuery.Bound = .newest,
    visibility: Visibility = .everything, limit: Int = 100
  ) throws -> MessagePage {
    try messages(
      MessageQuery(channel: channel, visibility: visibility, bound: bound, limit: limit))
  }

  func texts(_ channel: ChannelID = .lobby, _ bound: MessageQuery.Bound = .newest) throws
    -> [String]
  {
    try messages(channel, bound).messages.map(\.text)
  }

  /// The texts found, the newest first.
  func found(
    _ words: String, in scope: [SearchQuery.Scope]? = nil, limit: Int = 100
  ) throws -> [String] {
    let lobby = SearchQuery.Scope(channel: .lobby, visibility: .everything)
    return try search(SearchQuery(words: words, scope: scope ?? [lobby], limit: limit))
      .map(\.message.text)
  }

  func append(_ place: inout Place) throws { try append(place.group()) }

  func saveSnapshot(_ state: PlaceState) throws { try saveSnapshot(makeSnapshot(of: state)) }
}

/// A folder that goes away with the test.
final class Folder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "confab-journal-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The engines that keep the same contract.
enum Engine: String, CaseIterable, CustomStringConvertible {
  case memory, sqlite, jetstream

  var description: String { rawValue }

  func open(_ folder: Folder) throws -> any Journal {
    switch self {
    case .memory: MemoryJournal(MemoryStore(seed: 1))
    case .sqlite: try SQLiteJournal(folder: folder.path + "/data", salts: SeededRandom(seed: 1))
    case .jetstream: try NATSServer.shared.open(folder)
    }
  }
}
