import ConfabDomain
import ConfabHub
import Crypto
import OrderedCollections
import Primitives

/// Several servers of one place over a model of the stream and of the messages between servers, which are
/// late and get lost, and people who offer files and meet. Servers stand still and die.
struct NodesWorld {
  enum Saying {
    case report(NodeReport)
    case message(NodeMessage)
  }

  struct Node {
    var turns: HubTurns
    let id: NodeID
    /// Batches of the stream that its view has.
    var known: Int
    var view: Store
    /// On its way to the stream.
    var group: [StampedEvent]?
    var mustReload = false
    var lookUps: [(ticket: Ticket, lookUp: LookUp)] = []
    var catchUps: [Ticket] = []
    var standsStillUntil = MonotonicTime(nanoseconds: 0)
    var reportedAt = MonotonicTime(nanoseconds: 0)
    /// What its media side holds.
    var meetings: OrderedSet<MeetingID> = []
    var relays: OrderedSet<PairingID> = []
    /// Who is at the other end, as numbers of clients.
    var clients: OrderedDictionary<ConnectionID, Int> = [:]
    var nextConnection: UInt64 = 1
  }

  /// A device of somebody, as its program behaves.
  struct Client {
    let name: String
    let key: UInt8
    var node: Int?
    var connection = ConnectionID(0)
    var token: [UInt8] = []
    var isReady = false
    /// Offers of others that it may answer, as far as it was told.
    var told: OrderedSet<TransferID> = []
    /// All that it was told of on this connection.
    var heardOf: OrderedSet<TransferID> = []
    var taken: OrderedDictionary<TransferID, PairingID> = [:]
    /// Its own, which it offers again on each connection.
    var offers: OrderedDictionary<TransferID, String> = [:]
    var meeting: MeetingID?
    var wantsToMeet = false
    /// Where it was sent to.
    var goal: Int?
  }

  enum Asked {
    case signIn, subscribe, other, join
    case offer(TransferID)
    case accept(TransferID)
    case refuse(TransferID)
    case list
  }

  struct Open {
    var client: Int
    var what: Asked
    var node: NodeID
  }

  private(set) var stream: SharedStream
  private(set) var nodes: [Node] = []
  private(set) var clients: [Client]
  private var random: SeededRandom
  private(set) var now = Now(
    wall: HubHarness.noon, monotonic: MonotonicTime(nanoseconds: 1_000_000_000))
  private var pipes: OrderedDictionary<Pipe, [Saying]> = [:]
  private(set) var asked: OrderedDictionary<UInt64, Open> = [:]
  private var nextRequest: UInt64 = 1
  private var nextNode: UInt64 = 1
  private var nextTransfer: UInt64 = 1
  /// Who offered it, and who may hear of it.
  private var meant: OrderedDictionary<TransferID, (from: Int, to: Set<String>)> = [:]
  /// What each client was answered to its list of offers.
  private(set) var lists: [Int: [FileOfferView]] = [:]
  /// Whether messages are late and lost, and everything else happens that need not.
  private var isCalm = false
  private(set) var trouble: [String] = []
  /// One message of each kind, and some more.
  private(set) var said: [NodeMessage] = []
  private(set) var counts: OrderedDictionary<String, Int> = [:]

  private struct Pipe: Hashable {
    var from: NodeID
    var to: Int
  }

  init(nodes count: Int, seed: UInt64) {
    random = SeededRandom(seed: seed)
    let harness = HubHarness()
    precondition(
      harness.ask(HubHarness.room("plans", "bob", "cat"), on: harness.signedIn("ann")).channel
        != nil)
    stream = SharedStream(harness.store)
    let devices: [(name: String, key: UInt8)] = [
      ("ann", 1), ("bob", 2), ("bob", 3), ("cat", 4), ("dan", 5),
    ]
    clients = devices.map { Client(name: $0.name, key: $0.key) }
    for _ in 0..<count { nodes.append(makeNode()) }
  }

  private mutating func makeNode() -> Node {
    var options = HubOptions()
    options.node = NodeID(nextNode)
    nextNode += 1
    let hub = Hub(
      state: stream.state, options: options, entropy: SeededRandom(seed: random.next()))
    return Node(
      turns: HubTurns(hub, isShared: true), id: NodeID(nextNode - 1), known: stream.batches.count,
      view: stream.store)
  }

  static func address(_ node: Int) -> NodeAddress {
    NodeAddress(address: "node\(node).example:4747", pin: nil)
  }

  private mutating func count(_ what: String) { counts[what, default: 0] += 1 }

  // MARK: - The schedule

  mutating func step() {
    pass(.milliseconds(Int64.random(in: 1...60, using: &random)))
    for _ in 0..<3 {
      let client = Int.random(in: clients.indices, using: &random)
      if clients[client].node == nil { connect(client) } else if chance(4) { act(client) }
    }
    let node = Int.random(in: nodes.indices, using: &random)
    switch Int.random(in: 0..<400, using: &random) {
    case 0: die(node)
    case 1:
      nodes[node].standsStillUntil =
        now.monotonic + .milliseconds(Int64.random(in: 100...9_000, using: &random))
    default: break
    }
    for node in nodes.indices where !chance(3) { work(node) }
  }

  /// Time goes on, and everything that is on its way arrives.
  mutating func calm(_ duration: Duration) {
    isCalm = true
    let end = now.monotonic + duration
    while now.monotonic < end {
      pass(.milliseconds(100))
      for client in clients.indices where clients[client].node == nil { connect(client) }
      for _ in 0..<3 { for node in nodes.indices { work(node) } }
    }
  }

  private func stands(_ node: Int) -> Bool { nodes[node].standsStillUntil > now.monotonic }

  private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

  private mutating func pass(_ duration: Duration) {
    now.monotonic = now.monotonic + duration
    now.wall = now.wall + duration
  }

  private mutating func work(_ node: Int) {
    guard isCalm || !stands(node) else { return }
    if now.monotonic.since(nodes[node].reportedAt) >= .seconds(1) {
      nodes[node].reportedAt = now.monotonic
      let report = nodes[node].turns.settled.report(as: nodes[node].id, at: Self.address(node))
      send(.report(report), from: node, to: nil)
    }
    if let due = nodes[node].turns.nextDeadline, due <= now.monotonic { feed(.deadline, node) }
    hear(node)
    deliver(node)
    publish(node)
    for (ticket, lookUp) in nodes[node].lookUps.take() {
      feed(.lookedUp(ticket, nodes[node].view.answer(lookUp)), node)
    }
    for ticket in nodes[node].catchUps.take() {
      while nodes[node].known < stream.batches.count { deliver(node) }
      feed(.caughtUp(ticket), node)
    }
    if nodes[node].mustReload {
      while nodes[node].known < stream.batches.count { deliver(node) }
      nodes[node].mustReload = false
      feed(.reloaded(stream.state), node)
    }
  }

  // MARK: - Between servers

  private mutating func send(_ saying: Saying, from node: Int, to: NodeID?) {
    for other in nodes.indices where other != node && (to == nil || nodes[other].id == to) {
      if !isCalm, chance(12) {
        count("lost")
        continue
      }
      pipes[Pipe(from: nodes[node].id, to: other), default: []].append(saying)
    }
  }

  private mutating func hear(_ node: Int) {
    for pipe in pipes.keys where pipe.to == node {
      let waiting = pipes[pipe] ?? []
      let heard = isCalm ? waiting.count : Int.random(in: 0...waiting.count, using: &random)
      pipes[pipe] = Array(waiting.dropFirst(heard))
      for saying in waiting.prefix(heard) {
        switch saying {
        case .report(let report): feed(.heard(report), node)
        case .message(let message): feed(.told(message), node)
        }
      }
    }
  }

  private mutating func deliver(_ node: Int) {
    guard nodes[node].known < stream.batches.count, isCalm || !chance(3) else { return }
    let batch = stream.batches[nodes[node].known]
    nodes[node].known += 1
    for event in batch.events { nodes[node].view.take(event) }
    feed(.arrived(batch.events, after: batch.state), node)
  }

  private mutating func publish(_ node: Int) {
    guard let group = nodes[node].group else { return }
    nodes[node].group = nil
    if group[0].entry != stream.state.entry + 1 {
      while group[0].entry <= stream.state.entry, nodes[node].known < stream.batches.count {
        deliver(node)
      }
      count("overtaken")
      return feed(.overtaken, node)
    }
    if !isCalm, chance(30) {
      if chance(2) { stream.append(group) }
      return feed(.appendFailed(reason: "no answer"), node)
    }
    stream.append(group)
    nodes[node].known += 1
    for event in group { nodes[node].view.take(event) }
    feed(.durable(through: group[group.count - 1].entry), node)
  }

  /// The process is gone, and another one takes its place at once.
  private mutating func die(_ node: Int) {
    count("died")
    let gone = nodes[node]
    for (request, open) in asked where open.node == gone.id { asked[request] = nil }
    nodes[node] = makeNode()
    nodes[node].standsStillUntil =
      now.monotonic + .milliseconds(Int64.random(in: 0...20_000, using: &random))
    for client in gone.clients.values { lost(client) }
  }
}

// What people's programs do.
extension NodesWorld {
  private mutating func lost(_ client: Int) {
    clients[client].node = nil
    clients[client].isReady = false
    // Its media is gone with the connection's server, or is gone on with: the program cannot know.
    clients[client].meeting = nil
    clients[client].told = []
    clients[client].heardOf = []
    clients[client].taken = [:]
  }

  private mutating func connect(_ client: Int) {
    let goal = clients[client].goal ?? Int.random(in: nodes.indices, using: &random)
    clients[client].goal = nil
    guard isCalm || !stands(goal) else { return }
    let id = ConnectionID(nodes[goal].nextConnection)
    nodes[goal].nextConnection += 1
    nodes[goal].clients[id] = client
    clients[client].node = goal
    clients[client].connection = id
    feed(.connected(id, Peer(address: "192.0.2.\(client)")), goal)
    let keys = HubHarness.keys(clients[client].key)
    let proof = DeviceProof(
      identity: keys.identity, challenge: [], signature: HubHarness.goodSignature)
    let token = clients[client].token
    ask(
      client,
      token.isEmpty
        ? HubHarness.attempt(clients[client].name, device: keys)
        : .signIn(
          SignInAttempt(
            method: .token(hash: Array(SHA256.hash(data: token))), device: keys, proof: proof)),
      .signIn)
  }

  mutating func hangUp(_ client: Int) {
    guard let node = clients[client].node else { return }
    let id = clients[client].connection
    nodes[node].clients[id] = nil
    for (request, open) in asked where open.client == client { asked[request] = nil }
    lost(client)
    feed(.disconnected(id), node)
  }

  private mutating func act(_ client: Int) {
    guard clients[client].isReady else { return }
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<4: offer(client)
    case 4..<6: if let id = clients[client].offers.keys.first { withdraw(client, id) }
    case 6..<11:
      if let id = clients[client].told.randomElement(using: &random) {
        ask(client, .answerFile(id, .accept([client == 2 ? 9 : 7])), .accept(id))
      }
    case 11..<12:
      if let id = clients[client].told.randomElement(using: &random) {
        ask(client, .answerFile(id, .refuse(reason: "")), .refuse(id))
      }
    case 12..<14:
      if let (id, pairing) = clients[client].taken.elements.randomElement(using: &random) {
        ask(client, .sendFileCandidates(id, pairing, [1]), .other)
      }
    case 14..<17: meet(client)
    case 17:
      if let meeting = clients[client].meeting {
        clients[client].wantsToMeet = false
        ask(client, .meeting(.leave(meeting)), .other)
        clients[client].meeting = nil
      }
    case 18: ask(client, .readFileOffers(clients[client].told.first, after: nil), .other)
    default: hangUp(client)
    }
  }

  private mutating func offer(_ client: Int) {
    guard clients[client].offers.count < 3 else { return }
    let to = ["@ann", "@bob", "@cat", "@dan", "#plans"].randomElement(using: &random) ?? "@bob"
    let name = clients[client].name
    guard to != "#plans" || name != "dan", to != "@\(name)" || name == "bob" else { return }
    let id = HubHarness.transfer(nextTransfer)
    nextTransfer += 1
    meant[id] = (
      client,
      to == "#plans" ? Set(["ann", "bob", "cat"]).subtracting([name]) : [String(to.dropFirst())]
    )
    clients[client].offers[id] = to
    offer(client, id, to)
  }

  private mutating func offer(_ client: Int, _ id: TransferID, _ to: String) {
    ask(
      client,
      .offerFile(
        FileOffering(
          id: id, to: .label(to), offer: [UInt8(client)],
          summary: FileSummary(name: "talk.mp4", files: 1, bytes: 1_000, isFolder: false))),
      .offer(id))
  }

  mutating func withdraw(_ client: Int, _ id: TransferID) {
    clients[client].offers[id] = nil
    ask(client, .withdrawFile(id, recipient: "", isComplete: false), .other)
  }

  mutating func meet(_ client: Int) {
    guard clients[client].name != "dan", clients[client].meeting == nil else { return }
    clients[client].wantsToMeet = true
    ask(client, HubHarness.join("#plans"), .join)
  }

  mutating func leaveAll() {
    for client in clients.indices {
      clients[client].wantsToMeet = false
      for id in clients[client].offers.keys { withdraw(client, id) }
      guard let meeting = clients[client].meeting else { continue }
      clients[client].meeting = nil
      ask(client, .meeting(.leave(meeting)), .other)
    }
  }

  mutating func listOffers() {
    for client in clients.indices { ask(client, .readFileOffers(nil, after: nil), .list) }
  }

  private mutating func ask(_ client: Int, _ request: Request, _ what: Asked) {
    guard let node = clients[client].node else { return }
    let number = nextRequest
    nextRequest += 1
    asked[number] = Open(client: client, what: what, node: nodes[node].id)
    feed(.request(clients[client].connection, request: number, request), node)
  }
}

// What servers do, and what people hear.
extension NodesWorld {
  private mutating func feed(_ input: Input, _ node: Int) {
    let id = nodes[node].id
    var effects = nodes[node].turns.take(input, at: now)
    effects += nodes[node].turns.decide(at: now)
    for effect in effects where nodes[node].id == id { perform(effect, node) }
  }

  private mutating func perform(_ effect: Effect, _ node: Int) {
    switch effect {
    case .append(let events):
      precondition(nodes[node].group == nil, "one group at a time")
      nodes[node].group = events
    case .reply(_, let request, let reply):
      if let open = asked.removeValue(forKey: request) { answered(open, reply) }
    case .refuse(_, let request, let rejection):
      if let open = asked.removeValue(forKey: request) { refused(open, rejection) }
    case .notify(let id, let notice):
      if let client = nodes[node].clients[id] { heard(notice, client) }
    case .notifyAll(let ids, let notice):
      for id in ids { if let client = nodes[node].clients[id] { heard(notice, client) } }
    case .close(let id, _): if let client = nodes[node].clients[id] { hangUp(client) }
    case .checkPassword(let ticket, _): feed(.passwordChecked(ticket, .right), node)
    case .lookUp(let ticket, let lookUp): nodes[node].lookUps.append((ticket, lookUp))
    case .catchUp(let ticket):
      count("caught up")
      nodes[node].catchUps.append(ticket)
    case .reload: nodes[node].mustReload = true
    case .tellNodes(let message):
      if said.count < 300 { said.append(message) }
      send(.message(message), from: node, to: message.to)
    case .media(.openMeeting(let meeting)): nodes[node].meetings.append(meeting)
    case .media(.closeMeeting(let meeting)): nodes[node].meetings.remove(meeting)
    case .openRelay(let grant): nodes[node].relays.append(grant.pairing)
    case .closeRelay(let pairing): nodes[node].relays.remove(pairing)
    default: break
    }
  }

  private mutating func answered(_ open: Open, _ reply: Reply) {
    let client = open.client
    switch (open.what, reply) {
    case (.signIn, .signedIn(let view)):
      if let token = view.token { clients[client].token = token.bytes }
      ask(client, .subscribe(presence: true, canReceiveFiles: true), .subscribe)
    case (.subscribe, _):
      clients[client].isReady = true
      for (id, to) in clients[client].offers { offer(client, id, to) }
      if clients[client].wantsToMeet { meet(client) }
    case (.accept(let id), .fileAcceptance(let view)):
      count("accepted")
      clients[client].told.remove(id)
      clients[client].taken[id] = view.pairing
    case (.refuse(let id), _): clients[client].told.remove(id)
    case (.join, .meetingJoined(let view)):
      count("joined")
      clients[client].meeting = view.info.meeting
    case (.join, .meetingElsewhere(_, _, _, let there)):
      count("elsewhere")
      let goal = nodes.indices.first { Self.address($0) == there }
      hangUp(client)
      clients[client].goal = goal
    case (.list, .fileOffers(let views, _)): lists[client] = views
    default: break
    }
  }

  private mutating func refused(_ open: Open, _ rejection: Rejection) {
    count("refused \(rejection.code)")
    switch open.what {
    case .signIn:
      if rejection.code == .sessionUnknown { trouble.append("a token is not known") }
      hangUp(open.client)
    case .subscribe: hangUp(open.client)
    case .offer(let id):
      // As the program does it: with the next connection, if that makes sense.
      if rejection.retryAfter == nil {
        clients[open.client].offers[id] = nil
      } else {
        hangUp(open.client)
      }
    case .accept(let id), .refuse(let id):
      if [.fileOfferTaken, .fileOfferExpired].contains(rejection.code) {
        clients[open.client].told.remove(id)
      }
    case .join, .other, .list: break
    }
  }

  private mutating func heard(_ notice: Notice, _ client: Int) {
    switch notice {
    case .fileOffered(let view):
      count("offered")
      guard let (from, to) = meant[view.id] else { break }
      if !to.contains(clients[client].name) || from == client {
        trouble.append("\(clients[client].name) was told of an offer that is not theirs")
      }
      clients[client].heardOf.append(view.id)
      if view.state == .waiting || clients[client].taken[view.id] == nil {
        clients[client].taken[view.id] = nil
        clients[client].told.append(view.id)
      }
    case .fileWithdrawn(let id, _):
      clients[client].told.remove(id)
      clients[client].offers[id] = nil
    case .fileAnswered(let view):
      count("answered")
      if let (from, to) = meant[view.id], from != client || !to.contains(view.by) {
        trouble.append("\(clients[client].name) was told of an answer that is not theirs")
      }
    case .fileCandidates(let id, _, _):
      count("candidates")
      if let (from, to) = meant[id], from != client, !to.contains(clients[client].name) {
        trouble.append("\(clients[client].name) was told of candidates that are not theirs")
      }
    case .meetingGone(let meeting, _, _, _):
      if clients[client].meeting == meeting { clients[client].meeting = nil }
    default: break
    }
  }
}

extension Array {
  fileprivate mutating func take() -> [Element] {
    defer { self = [] }
    return self
  }
}
