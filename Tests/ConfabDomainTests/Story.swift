import ConfabDomain
import OrderedCollections
import Primitives

/// A place in which things have happened: what a test is given.
struct Story {
  var state = PlaceState()
  /// Everything so far, to be told again.
  private(set) var events: [Event] = []
  var now = Story.noon

  /// 2026-11-22T12:00:00Z
  static let noon = WallTime(millisecondsSinceEpoch: 1_795_348_800_000)
  static let password = PasswordHash(
    salt: [1], hash: [2], cost: 32_768, blockSize: 8, parallelism: 1)

  /// Founded, and empty of people.
  init() {
    happen(.placeFounded(place: [UInt8](repeating: 9, count: 16)))
  }

  /// The first of them owns the place.
  init(people names: String...) {
    self.init()
    for name in names {
      let id = state.nextAccount
      happen(
        .accountCreated(
          NewAccount(
            id: id, name: Story.name(name), role: id == AccountID(1) ? .owner : .member,
            password: Story.password, invitation: nil)))
    }
  }

  @discardableResult
  mutating func happen(_ body: Event.Body, by account: AccountID? = nil) -> StampedEvent {
    let event = Event(at: now, by: account, body: body)
    events.append(event)
    return state.apply(event)
  }

  /// Decides, and takes in what was decided.
  @discardableResult
  mutating func perform(
    _ command: some Command, by actor: Actor
  ) throws(Rejection) -> [StampedEvent] {
    try command.decide(in: state, by: actor, at: now).map { happen($0, by: actor.account) }
  }

  /// The number of the refusal; nil when there is none.
  func refusal(_ command: some Command, by actor: Actor) -> Rejection.Code? {
    do throws(Rejection) {
      _ = try command.decide(in: state, by: actor, at: now)
      return nil
    } catch {
      return error.code
    }
  }

  mutating func wait(_ duration: Duration) { now = now + duration }

  /// A name that is known to be good.
  static func name(_ text: String) -> Name {
    guard let name = try? Name(text) else { preconditionFailure("\(text) is no name") }
    return name
  }
}

/// The people of most stories, in the order in which they come.
let ann = AccountID(1)
let bob = AccountID(2)
let cat = AccountID(3)
let dan = AccountID(4)

extension Story {
  @discardableResult
  mutating func makeRoom(
    _ name: String, _ members: [AccountID], isPublic: Bool = false
  ) -> ChannelID {
    let id = state.nextChannel
    happen(
      .channelCreated(
        NewChannel(
          id: id, kind: isPublic ? .publicRoom : .privateRoom, name: Story.name(name),
          isClassic: false, owner: members.first, members: members)),
      by: members.first)
    return id
  }

  @discardableResult
  mutating func say(
    _ text: String = "hello", in channel: ChannelID, by author: AccountID,
    mentioning mentions: [AccountID] = []
  ) -> StampedEvent {
    let id = MessageID(high: 0, low: state.entry + 1)
    return happen(
      .messagePosted(
        channel,
        NewMessage(id: id, author: author, text: text, replyTo: nil, mentions: mentions)),
      by: author)
  }

  @discardableResult
  mutating func openSession(
    _ account: AccountID, device: DeviceID? = nil, token: [UInt8]? = nil
  ) -> SessionID {
    let id = state.nextSession
    happen(
      .sessionOpened(
        NewSession(
          id: id, account: account, device: device,
          tokenHash: token ?? [UInt8](repeating: UInt8(truncatingIfNeeded: id.rawValue), count: 32),
          address: "192.0.2.1")))
    return id
  }

  @discardableResult
  mutating func registerDevice(_ account: AccountID, key: UInt8 = 1) -> DeviceID {
    let id = state.nextDevice
    happen(
      .deviceRegistered(NewDevice(id: id, account: account, keys: Story.keys(key))))
    return id
  }

  static func keys(_ key: UInt8) -> DeviceKeys {
    DeviceKeys(
      identity: [UInt8](repeating: key, count: 32),
      agreement: [UInt8](repeating: key &+ 100, count: 32), name: "device \(key)")
  }

  mutating func fail(_ account: AccountID, device: DeviceID? = nil) {
    happen(
      .signInFailed(
        SignInFailure(account: account, name: "", device: device, address: "192.0.2.1")))
  }

  func channel(_ id: ChannelID) -> Channel {
    guard let channel = state.channels[id] else { preconditionFailure("no channel \(id)") }
    return channel
  }

  func visibility(of channel: ChannelID, for reader: AccountID) -> Visibility? {
    state.accounts[reader].flatMap { self.channel(channel).visibility(for: $0) }
  }

  func membership(_ account: AccountID, in channel: ChannelID) -> Membership? {
    self.channel(channel).members[account]
  }
}
