import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives

/// Plays the shell around a hub: performs its effects when told to, and writes down who heard what.
///
/// Nothing happens by itself: a test decides when the disk, the passwords and the journal answer.
/// `settle` lets all of them answer until nothing is left to do.
final class HubHarness {
  var hub: Hub
  var now = Now(wall: HubHarness.noon, monotonic: MonotonicTime(nanoseconds: 1_000_000_000))
  private(set) var store: Store

  /// Appended, in order, and not durable.
  private(set) var pending: [StampedEvent] = []
  private(set) var checks: [(ticket: Ticket, check: PasswordCheck)] = []
  private(set) var hashings: [(ticket: Ticket, password: Secret)] = []
  private(set) var lookUps: [(ticket: Ticket, lookUp: LookUp)] = []
  private(set) var reloads = 0
  private(set) var catchUps: [Ticket] = []
  /// What was said to other servers.
  private(set) var toNodes: [NodeMessage] = []
  /// What the media side was told to do.
  private(set) var media: [MediaOrder] = []
  private(set) var relays: OrderedDictionary<PairingID, RelayGrant> = [:]

  /// Everything that reached a connection, in order.
  private(set) var heard: OrderedDictionary<ConnectionID, [Heard]> = [:]
  private(set) var log: [LogLine] = []
  private var subscribers: OrderedDictionary<ChannelID, OrderedSet<ConnectionID>> = [:]
  private var watchers: OrderedSet<ConnectionID> = []
  private var open: OrderedSet<ConnectionID> = []
  private var nextConnection: UInt64 = 1
  private var nextRequest: UInt64 = 1

  /// 2026-11-22T12:00:00Z
  static let noon = WallTime(millisecondsSinceEpoch: 1_795_348_800_000)

  /// - Parameter people: their passwords are `password`; the first owns the place.
  init(people: [String] = ["ann", "bob", "cat", "dan"], options: HubOptions = HubOptions()) {
    var store = Store()
    store.take(.placeFounded(place: [UInt8](repeating: 7, count: 16)), at: HubHarness.noon)
    for name in people {
      let id = store.state.nextAccount
      store.take(
        .accountCreated(
          NewAccount(
            id: id, name: HubHarness.name(name), role: id == AccountID(1) ? .owner : .member,
            password: HubHarness.hash(of: HubHarness.password), invitation: nil)),
        at: HubHarness.noon)
    }
    self.store = store
    hub = Hub(state: store.state, options: options, entropy: SeededRandom(seed: 1))
  }

  static let password = Secret(Array("password".utf8))

  /// No hash at all, so that tests are quick.
  static func hash(of password: Secret) -> PasswordHash {
    PasswordHash(salt: [], hash: password.bytes, cost: 1, blockSize: 1, parallelism: 1)
  }

  static func name(_ text: String) -> Name {
    guard let name = try? Name(text) else { preconditionFailure("\(text) is no name") }
    return name
  }
}

/// What reached one connection.
enum Heard {
  case reply(request: UInt64, Reply)
  case refused(request: UInt64, Rejection)
  case read(request: UInt64, Read)
  case notice(Notice)
  case event(StampedEvent)
  case presence(PresenceView)
  case closed(Rejection)
}

// Time and connections.
extension HubHarness {
  func wait(_ duration: Duration) {
    now.wall = now.wall + duration
    now.monotonic = now.monotonic + duration
    if let deadline = hub.nextDeadline, deadline <= now.monotonic { feed(.deadline) }
  }

  func connect(from address: String = "192.0.2.1", isOperator: Bool = false) -> ConnectionID {
    let id = ConnectionID(nextConnection)
    nextConnection += 1
    open.append(id)
    heard[id] = []
    feed(.connected(id, Peer(address: address, isOperator: isOperator)))
    return id
  }

  func disconnect(_ id: ConnectionID) {
    forget(id)
    feed(.disconnected(id))
  }

  func isOpen(_ id: ConnectionID) -> Bool { open.contains(id) }

  private func forget(_ id: ConnectionID) {
    open.remove(id)
    watchers.remove(id)
    for channel in subscribers.keys { subscribers[channel]?.remove(id) }
  }

  /// The server's process ends and begins again with what is on its disk.
  func restart(options: HubOptions = HubOptions()) {
    pending = []
    checks = []
    hashings = []
    lookUps = []
    relays = [:]
    media = []
    subscribers = [:]
    watchers = []
    open = []
    hub = Hub(state: store.state, options: options, entropy: SeededRandom(seed: 2))
  }
}

// Asking and answering.
extension HubHarness {
  /// Returns the request's number; nothing but the hub has answered yet.
  @discardableResult
  func begin(_ request: Request, on id: ConnectionID) -> UInt64 {
    let number = nextRequest
    nextRequest += 1
    feed(.request(id, request: number, request))
    return number
  }

  /// Asks and lets everything settle.
  @discardableResult
  func ask(_ request: Request, on id: ConnectionID) -> Answer {
    let number = begin(request, on: id)
    settle()
    return answer(to: number, on: id)
  }

  func answer(to request: UInt64, on id: ConnectionID) -> Answer {
    var found = Answer()
    for heard in heard[id] ?? [] {
      switch heard {
      case .reply(request, let reply): found.add(.reply(reply))
      case .refused(request, let rejection): found.add(.refused(rejection))
      case .read(request, let read): found.add(.read(read))
      default: break
      }
    }
    return found
  }

  /// Everything that waits is answered until nothing waits.
  func settle() {
    while true {
      if answerPasswords() { continue }
      if answerLookUps() { continue }
      if reloads > 0 {
        answerReload()
        continue
      }
      guard !pending.isEmpty else { return }
      makeDurable()
    }
  }

  @discardableResult
  func answerPasswords() -> Bool {
    let (someChecks, someHashings) = (checks, hashings)
    (checks, hashings) = ([], [])
    for (ticket, check) in someChecks { feed(.passwordChecked(ticket, Self.verdict(check))) }
    for (ticket, password) in someHashings {
      feed(.passwordHashed(ticket, Self.hash(of: password)))
    }
    return !someChecks.isEmpty || !someHashings.isEmpty
  }

  /// Answers the oldest check with what a busy or forgetful shell may say.
  func answerCheck(_ verdict: PasswordVerdict? = nil) {
    let (ticket, check) = checks.removeFirst()
    feed(.passwordChecked(ticket, verdict ?? Self.verdict(check)))
  }

  func refuseHashing() {
    feed(.passwordHashed(hashings.removeFirst().ticket, nil))
  }

  @discardableResult
  func answerLookUps(failing: Bool = false) -> Bool {
    let some = lookUps
    lookUps = []
    for (ticket, lookUp) in some {
      feed(.lookedUp(ticket, failing ? .failed(reason: "no disk") : store.answer(lookUp)))
    }
    return !some.isEmpty
  }

  /// The questions that wait, with the answers as they would be now.
  func takeLookUps() -> [(ticket: Ticket, answer: LookUpAnswer)] {
    defer { lookUps = [] }
    return lookUps.map { ($0.ticket, store.answer($0.lookUp)) }
  }

  func answerReload() {
    precondition(reloads == 1, "the hub asks once and waits")
    reloads = 0
    feed(.reloaded(store.state))
  }

  /// What other servers stored has arrived.
  func catchUp() {
    let tickets = catchUps
    catchUps = []
    for ticket in tickets { feed(.caughtUp(ticket)) }
  }

  func makeDurable(_ count: Int = .max) {
    let some = pending.prefix(count)
    pending.removeFirst(some.count)
    for event in some { store.take(event) }
    if let last = some.last { feed(.durable(through: last.entry)) }
  }

  /// Another server of the place has stored this.
  func arrives(_ body: Event.Body, by account: AccountID? = nil) {
    var ahead = store.state
    let stamped = ahead.apply(Event(at: now.wall, by: account, body: body))
    store.take(stamped)
    feed(.arrived([stamped], after: store.state))
  }

  func failAppend() {
    pending = []
    feed(.appendFailed(reason: "disk full"))
  }

  private static func verdict(_ check: PasswordCheck) -> PasswordVerdict {
    if let proof = check.proof, proof.signature != goodSignature { return .proofWrong }
    return check.hash?.hash == check.password.bytes ? .right : .wrong
  }

  static let goodSignature: [UInt8] = [1]
}

// Performing.
extension HubHarness {
  func feed(_ input: Input) {
    for effect in hub.handle(input, at: now) { perform(effect) }
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .append(let events): pending += events
    case .reply(let id, let request, let reply): hear(.reply(request: request, reply), id)
    case .refuse(let id, let request, let rejection):
      hear(.refused(request: request, rejection), id)
    case .read(let id, let request, let read): hear(.read(request: request, read), id)
    case .notify(let id, let notice): hear(.notice(notice), id)
    case .notifyAll(let ids, let notice): for id in ids { hear(.notice(notice), id) }
    case .media(let order): media.append(order)
    case .close(let id, let reason):
      hear(.closed(reason), id)
      guard isOpen(id) else { return }
      disconnect(id)
    case .beginTelling: break
    case .subscribe(let id, let channel):
      if isOpen(id) { subscribers[channel, default: []].append(id) }
    case .unsubscribe(let id, let channel): subscribers[channel]?.remove(id)
    case .watchPresence(let id): if isOpen(id) { watchers.append(id) }
    case .tell(let channel, let event):
      for id in subscribers[channel] ?? [] { hear(.event(event), id) }
    case .tellPresence(let view): for id in watchers { hear(.presence(view), id) }
    case .checkPassword(let ticket, let check): checks.append((ticket, check))
    case .hashPassword(let ticket, let password): hashings.append((ticket, password))
    case .lookUp(let ticket, let lookUp): lookUps.append((ticket, lookUp))
    case .reload: reloads += 1
    case .tellNodes(let message): toNodes.append(message)
    case .catchUp(let ticket): catchUps.append(ticket)
    case .openRelay(let grant): relays[grant.pairing] = grant
    case .closeRelay(let pairing): relays[pairing] = nil
    case .log(let line): log.append(line)
    }
  }

  private func hear(_ heard: Heard, _ id: ConnectionID) {
    guard isOpen(id) else { return }
    self.heard[id, default: []].append(heard)
  }
}

/// What came back for one request. There must be exactly one.
struct Answer {
  enum One {
    case reply(Reply)
    case refused(Rejection)
    case read(Read)
  }

  private(set) var all: [One] = []

  mutating func add(_ one: One) { all.append(one) }

  var isMissing: Bool { all.isEmpty }

  var rejection: Rejection? {
    if case .refused(let rejection)? = all.first, all.count == 1 { rejection } else { nil }
  }

  var code: Rejection.Code? { rejection?.code }

  var reply: Reply? {
    if case .reply(let reply)? = all.first, all.count == 1 { reply } else { nil }
  }

  var read: Read? {
    if case .read(let read)? = all.first, all.count == 1 { read } else { nil }
  }

  var isDone: Bool { if case .done? = reply { true } else { false } }
  var signedIn: SignedInView? { if case .signedIn(let view)? = reply { view } else { nil } }
  var sent: SentView? { if case .sent(let view)? = reply { view } else { nil } }
  var channel: ChannelView? { if case .channel(let view)? = reply { view } else { nil } }
  var channels: [ChannelView]? { if case .channels(let views, _)? = reply { views } else { nil } }
  var people: [PresenceView]? { if case .people(let views, _)? = reply { views } else { nil } }
  var members: [MemberView]? { if case .members(let views, _)? = reply { views } else { nil } }
  var sessions: [SessionView]? { if case .sessions(let views)? = reply { views } else { nil } }
  var standing: FileStandingView? {
    if case .fileStanding(let view)? = reply { view } else { nil }
  }
  var acceptance: FileAcceptanceView? {
    if case .fileAcceptance(let view)? = reply { view } else { nil }
  }
  var offers: [FileOfferView]? { if case .fileOffers(let views, _)? = reply { views } else { nil } }
  var invitations: [InvitationView]? {
    if case .invitations(let views, _)? = reply { views } else { nil }
  }

  var accounts: [AccountView]? { if case .accounts(let views, _)? = reply { views } else { nil } }
}
