import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives

/// A stream that several servers append to, as a value: each batch is stored behind the newest one or not
/// at all, and reaches the servers whenever it does.
struct SharedStream {
  struct Batch {
    var events: [StampedEvent]
    /// After them.
    var state: PlaceState
  }

  private(set) var batches: [Batch] = []
  /// What all of them make.
  private(set) var store: Store
  var state: PlaceState { store.state }

  init(_ store: Store) { self.store = store }

  /// Only what follows, with the numbers that it has by then.
  mutating func append(_ events: [StampedEvent]) {
    for event in events { store.take(event) }
    batches.append(Batch(events: events, state: state))
  }
}

/// A server on the stream with the people who are connected to it.
struct StreamNode {
  var turns: HubTurns
  /// Batches of the stream that its view has.
  private(set) var known: Int
  private(set) var view: Store
  /// On its way to the stream.
  var group: [StampedEvent]?
  var lookUps: [(ticket: Ticket, lookUp: LookUp)] = []
  var mustReload = false
  var people: OrderedDictionary<ConnectionID, Listener> = [:]
  private var nextConnection: UInt64 = 1

  struct Listener {
    var name: String
    var session: Answered?
    /// Of the events of the lobby, in the order in which they were heard.
    var positions: [UInt64] = []
    var isSubscribed = false
  }

  enum Answered { case yes, no }

  init(_ stream: SharedStream, seed: UInt64) {
    known = stream.batches.count
    view = stream.store
    turns = HubTurns(
      Hub(state: stream.state, options: HubOptions(), entropy: SeededRandom(seed: seed)),
      isShared: true)
  }

  mutating func takeIn(_ batch: SharedStream.Batch) {
    known += 1
    for event in batch.events { view.take(event) }
  }

  mutating func connect(_ name: String) -> ConnectionID {
    let id = ConnectionID(nextConnection)
    nextConnection += 1
    people[id] = Listener(name: name)
    return id
  }
}

/// Servers, people and a stream under a seeded schedule of delays, lost answers and servers that die.
struct SharedWorld {
  private(set) var stream: SharedStream
  private(set) var nodes: [StreamNode]
  private var random: SeededRandom
  private var now = Now(wall: HubHarness.noon, monotonic: MonotonicTime(nanoseconds: 1_000_000_000))
  private var nextRequest: UInt64 = 1
  private var nextMessage: UInt64 = 1
  /// Sent, by request, until it is answered.
  private var asked: [UInt64: Asked] = [:]
  /// Whose sender knows nothing: to be sent again, wherever.
  private var unsure: [Outgoing] = []
  private(set) var acknowledged: OrderedDictionary<MessageID, UInt64> = [:]
  private(set) var refused = 0
  private(set) var overtaken = 0
  /// Nil where nothing is wrong but delays, lost answers and deaths.
  var faults: StreamFaults?

  private struct Asked {
    var node: Int
    var message: Outgoing?
  }

  init(nodes count: Int, seed: UInt64) {
    let start = HubHarness()
    let stream = SharedStream(start.store)
    self.stream = stream
    random = SeededRandom(seed: seed)
    nodes = (0..<count).map { StreamNode(stream, seed: seed &* 31 &+ UInt64($0)) }
    for node in nodes.indices { populate(node) }
  }

  private mutating func populate(_ node: Int) {
    for name in ["ann", "bob"] {
      let id = nodes[node].connect(name)
      feed(.connected(id, Peer(address: "192.0.2.1")), node)
      ask(HubHarness.attempt(name), on: id, node)
      settle(node)
      ask(.subscribe(presence: false), on: id, node)
    }
  }

  // MARK: - The schedule

  mutating func step() {
    now.monotonic = now.monotonic + .milliseconds(1)
    now.wall = now.wall + .milliseconds(1)
    faults?.step(nodes: nodes.indices, using: &random)
    let node = Int.random(in: nodes.indices, using: &random)
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<40: say(node)
    case 40..<50: change(node)
    case 50..<65: deliver(node)
    case 65..<90: publish(node)
    case 90..<97: answerLookUps(node)
    case 97..<99: reload(node)
    default: if Int.random(in: 0..<4, using: &random) == 0 { die(node) }
    }
  }

  /// Everything arrives everywhere, and nothing is left to be decided.
  mutating func settle() {
    faults?.end()
    for _ in 0..<100 {
      for node in nodes.indices { settle(node) }
      for message in unsure { send(message, Int.random(in: nodes.indices, using: &random)) }
      unsure = []
    }
  }

  private mutating func settle(_ node: Int) {
    for _ in 0..<8 {
      deliver(node)
      publish(node, loses: false)
      answerLookUps(node)
      reload(node)
    }
  }

  private mutating func say(_ node: Int) {
    if !unsure.isEmpty, Bool.random(using: &random) { return send(unsure.removeFirst(), node) }
    let number = nextMessage
    nextMessage += 1
    send(
      Outgoing(
        channel: .label("#lobby"), id: MessageID(high: 0, low: number), text: "m\(number)",
        replyTo: nil, isRetry: false), node)
  }

  private mutating func send(_ message: Outgoing, _ node: Int) {
    let ids = nodes[node].people.filter(\.value.isSubscribed).map(\.key)
    // Who has an id of a message is always the same person.
    guard let id = ids.first else { return unsure.append(message) }
    ask(.send(message), on: id, node, message)
  }

  private mutating func change(_ node: Int) {
    guard let id = nodes[node].people.first(where: \.value.isSubscribed)?.key else { return }
    let count = max(1, stream.state.channels[.lobby]?.sequence ?? 1)
    let sequence = UInt64.random(in: 1...count, using: &random)
    if Bool.random(using: &random) {
      ask(.edit(.label("#lobby"), sequence: sequence, text: "anew"), on: id, node)
    } else if Int.random(in: 0..<4, using: &random) == 0 {
      ask(.delete(.label("#lobby"), sequence: sequence), on: id, node)
    } else {
      ask(HubHarness.room("room-\(nextRequest)"), on: id, node)
    }
  }

  // MARK: - The stream

  private mutating func deliver(_ node: Int) {
    guard nodes[node].known < stream.batches.count, faults?.reaches(node) != false else { return }
    let batch = stream.batches[nodes[node].known]
    nodes[node].takeIn(batch)
    feed(.arrived(batch.events, after: batch.state), node)
  }

  private mutating func publish(_ node: Int, loses: Bool = true) {
    guard let group = nodes[node].group else { return }
    let fate = faults?.fate(of: node) ?? .usual
    if fate == .onItsWay { return }
    nodes[node].group = nil
    if fate != .usual {
      return feed(.appendFailed(reason: fate == .refused ? "full" : "no answer"), node)
    }
    if group[0].entry != stream.state.entry + 1 {
      // As the journal does it: what overtook arrives first.
      while nodes[node].known < stream.batches.count { deliver(node) }
      overtaken += 1
      return feed(.overtaken, node)
    }
    guard loses, Int.random(in: 0..<12, using: &random) == 0 else {
      stream.append(group)
      nodes[node].takeIn(stream.batches[nodes[node].known])
      return feed(.durable(through: group[group.count - 1].entry), node)
    }
    // No answer: it is stored, or not, and nobody knows.
    if Bool.random(using: &random) { stream.append(group) }
    feed(.appendFailed(reason: "no answer"), node)
  }

  private mutating func reload(_ node: Int) {
    guard nodes[node].mustReload, faults?.reaches(node) != false else { return }
    while nodes[node].known < stream.batches.count { deliver(node) }
    nodes[node].mustReload = false
    feed(.reloaded(stream.state), node)
  }

  /// From what the view has, which may be less than the stream.
  private mutating func answerLookUps(_ node: Int) {
    let asked = nodes[node].lookUps
    nodes[node].lookUps = []
    for (ticket, lookUp) in asked {
      feed(.lookedUp(ticket, nodes[node].view.answer(lookUp)), node)
    }
  }

  private mutating func die(_ node: Int) {
    for (request, one) in asked where one.node == node {
      asked[request] = nil
      if let message = one.message { repeatLater(message) }
    }
    nodes[node] = StreamNode(stream, seed: nextRequest)
    populate(node)
  }

  private mutating func repeatLater(_ message: Outgoing) {
    var message = message
    message.isRetry = true
    unsure.append(message)
  }

  // MARK: - Asking and hearing

  private mutating func ask(
    _ request: Request, on id: ConnectionID, _ node: Int, _ message: Outgoing? = nil
  ) {
    let number = nextRequest
    nextRequest += 1
    asked[number] = Asked(node: node, message: message)
    feed(.request(id, request: number, request), node)
  }

  private mutating func feed(_ input: Input, _ node: Int) {
    var effects = nodes[node].turns.take(input, at: now)
    effects += nodes[node].turns.decide(at: now)
    for effect in effects { perform(effect, node) }
  }

  private mutating func perform(_ effect: Effect, _ node: Int) {
    switch effect {
    case .append(let events):
      precondition(nodes[node].group == nil, "one group at a time")
      nodes[node].group = events
    case .reply(let id, let request, let reply): answered(request, reply, id, node)
    case .refuse(_, let request, _):
      refused += 1
      if let message = asked.removeValue(forKey: request)?.message { repeatLater(message) }
    case .tell(let channel, let event) where channel == .lobby:
      for id in nodes[node].people.keys where nodes[node].people[id]?.isSubscribed == true {
        event.position.map { nodes[node].people[id]?.positions.append($0) }
      }
    case .checkPassword(let ticket, _): feed(.passwordChecked(ticket, .right), node)
    case .lookUp(let ticket, let lookUp): nodes[node].lookUps.append((ticket, lookUp))
    case .reload: nodes[node].mustReload = true
    case .subscribe(let id, let channel):
      if channel == .lobby { nodes[node].people[id]?.isSubscribed = true }
    default: break
    }
  }

  private mutating func answered(
    _ request: UInt64, _ reply: Reply, _ id: ConnectionID, _ node: Int
  ) {
    let one = asked.removeValue(forKey: request)
    guard case .sent(let view) = reply, let message = one?.message else { return }
    precondition(acknowledged[message.id] == nil, "answered twice")
    acknowledged[message.id] = view.sequence
  }
}
