import ConfabDomain
import ConfabHub
import ConfabJournal
import ConfabWire
import OrderedCollections
import Primitives
import SwiftProtobuf

/// One process of the server: what a crash takes away.
struct Server {
  let process: Int
  var hub: Hub
  var sessions: OrderedDictionary<ConnectionID, Session> = [:]
  var subscribers: OrderedDictionary<ChannelID, OrderedSet<ConnectionID>> = [:]
  var watchers: OrderedSet<ConnectionID> = []
  /// Decided while another group is on its way to the disk.
  var gathered: [StampedEvent] = []
  var isSyncing = false
  /// What was decided on what was lost is not written.
  var hasFailed = false
  var plannedDeadline: MonotonicTime?

  struct Session {
    var connection: ServerConnection
    var decoder = FrameDecoder(bytesMax: WireLimits.preSignInBytesMax)
    var socket: Socket
    var outbound: OutboundQueue
    /// Too many requests wait for their answers.
    var isPaused = false

    /// A peer that does not take its answers is not read from either.
    var reads: Bool { !isPaused && socket.isWritable }
  }

  /// The server's end of a connection: what it has not sent, between two marks.
  struct Socket {
    let high: Int
    let low: Int
    private var unsentBytes = 0
    private(set) var isWritable = true

    init(high: Int, low: Int) { (self.high, self.low) = (high, low) }

    mutating func write(bytes: Int) {
      unsentBytes += bytes
      if unsentBytes > high { isWritable = false }
    }

    /// - Returns: whether it became writable.
    mutating func sent(bytes: Int) -> Bool {
      unsentBytes -= bytes
      guard !isWritable, unsentBytes <= low else { return false }
      isWritable = true
      return true
    }
  }
}

// The process.
extension Universe {
  func startServer() throws {
    guard server == nil else { return }
    processes += 1
    let state = try disk.durable.loadState()
    guard state == truth.state else { throw Violation("the journal lost or made up something") }
    let hub = Hub(
      state: state, options: HubOptions(), entropy: SeededRandom(seed: random.next()))
    server = Server(process: processes, hub: hub)
  }

  /// - Parameter keptGroups: of what was not synced, so many groups reached the disk all the same.
  func stopServer(keptGroups: Int) throws {
    guard server != nil else { return }
    let kept = disk.unsynced.prefix(keptGroups).flatMap { $0 }
    try disk.crash(keepingFirst: keptGroups)
    for event in kept { try truth.take(event) }
    server = nil
    for id in network.links.keys { breakLink(id) }
    plan(.starts, after: .milliseconds(5) + chance(upTo: .milliseconds(500)))
  }

  /// Both ends lose the connection, and what was on its way.
  func breakLink(_ id: ConnectionID) {
    guard let link = network.links[id] else { return }
    network.close(id)
    loseConnection(link.client, id)
  }

  func feed(_ input: Input) throws {
    guard let effects = server?.hub.handle(input, at: now) else { return }
    if case .reloaded = input { server?.hasFailed = false }
    for effect in effects { try perform(effect) }
    try planDeadline()
  }

  private func planDeadline() throws {
    guard let server, let deadline = server.hub.nextDeadline, server.plannedDeadline != deadline
    else { return }
    self.server?.plannedDeadline = deadline
    schedule.add(.deadline(process: server.process), at: deadline)
  }

  func deadline() throws {
    server?.plannedDeadline = nil
    try feed(.deadline)
  }
}

// The disk.
extension Universe {
  private func append(_ events: [StampedEvent]) throws {
    guard let server, !server.hasFailed else { return }
    self.server?.gathered += events
    if !server.isSyncing { try writeGathered() }
  }

  private func writeGathered() throws {
    guard let server, !server.gathered.isEmpty else { return }
    self.server?.gathered = []
    do throws(JournalError) {
      try disk.write(server.gathered)
    } catch .diskFull {
      return try failAppend("the disk is full")
    } catch {
      throw Violation("the hub wrote what does not follow: \(error)")
    }
    self.server?.isSyncing = true
    plan(
      .synced(process: server.process), after: .microseconds(500) + chance(upTo: faults.latencyMax))
  }

  func synced() throws {
    defer { if disk.unsynced.isEmpty { server?.isSyncing = false } }
    if !isCalm, faults.kinds.contains(.syncFailure), random.chance(0.03) {
      try disk.crash(keepingFirst: 0)
      return try failAppend("the disk did not sync")
    }
    let events = disk.unsynced.flatMap { $0 }
    try disk.sync()
    for event in events { try truth.take(event) }
    trace.add("durable through \(truth.entries.count)", UInt64(truth.entries.count))
    // In this order: a failure of the next group must not seem to be one of this.
    try feed(.durable(through: UInt64(truth.entries.count)))
    try writeGathered()
    if let server, random.chance(0.05) { disk.saveSnapshot(server.hub.state) }
  }

  private func failAppend(_ reason: String) throws {
    server?.hasFailed = true
    server?.gathered = []
    try feed(.appendFailed(reason: reason))
  }

  func answer(_ lookUp: LookUp) throws -> LookUpAnswer {
    switch lookUp {
    case .facts(let channel, let sequence):
      .facts(try disk.durable.facts(of: sequence, in: channel))
    case .stored(let id): .stored(try disk.durable.storedMessage(id))
    }
  }

  func answer(_ read: Read, _ id: ConnectionID, _ request: UInt64) throws {
    guard case .events(let query) = read else { throw Violation("nobody asked for \(read)") }
    let page = try disk.durable.events(query)
    guard server?.hub.stillAllows(read, on: id) == true else {
      return try answer(id, request, .refusal(WireRefusal(Hub.readRefusal)))
    }
    let events = page.events.compactMap { WireEvent($0, name: truth.state.name(of:)) }
    try answer(id, request, .eventList(.with { ($0.events, $0.more) = (events, page.more) }))
  }
}

// What the hub wants done.
extension Universe {
  private func perform(_ effect: Effect) throws {
    guard let process = server?.process else { return }
    switch effect {
    case .append(let events): try append(events)
    case .reply(let id, let request, let reply):
      try checkReply(reply)
      try self.reply(id, request, reply)
    case .refuse(let id, let request, let rejection): try refuse(id, request, rejection)
    case .read(let id, let request, let read):
      plan(.read(process: process, id, request: request, read), within: faults.latencyMax)
    case .notify(let id, let notice): try push(Translation.body(notice), to: id)
    case .close(let id, let reason): try close(id, reason)
    case .beginTelling(let id): server?.sessions[id]?.outbound.subscribed()
    case .subscribe(let id, let channel):
      if server?.sessions[id] != nil { server?.subscribers[channel, default: []].append(id) }
    case .unsubscribe(let id, let channel): server?.subscribers[channel]?.remove(id)
    case .watchPresence(let id):
      if server?.sessions[id] != nil { server?.watchers.append(id) }
    case .tell(let channel, let event): try tell(event, in: channel)
    case .tellPresence(let view):
      let presence = WirePresence.with { ($0.name, $0.active) = (view.name, view.isActive) }
      for id in server?.watchers ?? [] { try push(.presence(presence), to: id) }
    case .checkPassword(let ticket, let check):
      plan(.checked(process: process, ticket, check), within: .milliseconds(80))
    case .lookUp(let ticket, let lookUp):
      plan(.lookedUp(process: process, ticket, lookUp), within: faults.latencyMax)
    case .reload:
      plan(.reloaded(process: process), within: .milliseconds(50))
    case .hashPassword: throw Violation("nobody makes an account")
    case .notifyAll, .media: throw Violation("nobody meets")
    case .openRelay, .closeRelay: throw Violation("nobody sends files")
    case .tellNodes, .catchUp: throw Violation("there is one server")
    case .log: break
    }
  }

  private func tell(_ stamped: StampedEvent, in channel: ChannelID) throws {
    guard truth.holds(stamped) else { throw Violation("told before it was durable: \(stamped)") }
    guard let event = WireEvent(stamped, name: truth.state.name(of:)) else {
      throw Violation("told what nobody can hear: \(stamped)")
    }
    for id in server?.subscribers[channel] ?? [] { try push(.event(event), to: id) }
  }

  private func reply(_ id: ConnectionID, _ request: UInt64, _ reply: Reply) throws {
    if case .signedIn = reply {
      guard case .signedIn(let wire) = try Translation.body(reply) else { return }
      return try act(
        on: id, server?.sessions[id]?.connection.signedIn(request: request, reply: wire) ?? [])
    }
    try answer(id, request, Translation.body(reply))
  }

  private func refuse(_ id: ConnectionID, _ request: UInt64, _ rejection: Rejection) throws {
    trace.add("refused: \(rejection.code)", UInt64(rejection.code.rawValue))
    if server?.sessions[id]?.connection.phase == .signingIn {
      let actions = server?.sessions[id]?.connection.signInRefused(request: request, rejection)
      return try act(on: id, actions ?? [])
    }
    try answer(id, request, .refusal(WireRefusal(rejection)))
  }

  private func answer(
    _ id: ConnectionID, _ request: UInt64, _ body: WireServerFrame.OneOf_Body
  ) throws {
    guard server?.sessions[id] != nil else { return }
    try write(.reply(to: request, body), to: id)
    let actions = server?.sessions[id]?.connection.answered(request: request) ?? []
    try act(on: id, actions)
  }

  private func close(_ id: ConnectionID, _ reason: Rejection) throws {
    guard server?.sessions[id] != nil else { return }
    try write(.push(.goodbye(WireGoodbye(reason))), to: id)
    try dropSession(id)
    network.end(id)
    plan(.ends(id), after: faults.latencyMax + .milliseconds(400))
  }

  func dropSession(_ id: ConnectionID) throws {
    guard server?.sessions.removeValue(forKey: id) != nil else { return }
    for channel in server?.subscribers.keys ?? [] { server?.subscribers[channel]?.remove(id) }
    server?.watchers.remove(id)
    try feed(.disconnected(id))
  }
}

// Bytes.
extension Universe {
  /// Answers are always written.
  private func write(_ frame: WireServerFrame, to id: ConnectionID) throws {
    let bytes = try FrameEncoder.encode(frame)
    server?.sessions[id]?.socket.write(bytes: bytes.count)
    transmit(bytes, on: id, \.toClient, .arrivesAtClient(id))
  }

  /// What a slow reader is told may be dropped.
  private func push(_ body: WireServerFrame.OneOf_Body, to id: ConnectionID) throws {
    guard let isWritable = server?.sessions[id]?.socket.isWritable else { return }
    let bytes = try FrameEncoder.encode(.push(body))
    let verdict = server?.sessions[id]?.outbound.push(bytes: bytes.count, isWritable: isWritable)
    guard verdict == .write else {
      trace.add("dropped for \(id)", id.rawValue)
      return
    }
    server?.sessions[id]?.socket.write(bytes: bytes.count)
    transmit(bytes, on: id, \.toClient, .arrivesAtClient(id))
  }

  func transmit(
    _ bytes: [UInt8], on id: ConnectionID,
    _ direction: WritableKeyPath<Network.Link, Network.Direction>, _ happening: Happening
  ) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let isTorn = faults.tears && rest.count > 1 && random.chance(0.3)
      let count = isTorn ? Int.random(in: 1..<rest.count, using: &random) : rest.count
      let at = now.monotonic + .microseconds(100) + chance(upTo: faults.latencyMax)
      let arrival = network.send(Array(rest.prefix(count)), on: id, direction, at: at)
      rest = rest.dropFirst(count)
      if let arrival { schedule.add(happening, at: arrival) }
    }
  }

  func clientTook(_ bytes: Int, on id: ConnectionID) throws {
    guard server?.sessions[id]?.socket.sent(bytes: bytes) == true else { return }
    if server?.sessions[id]?.outbound.becameWritable() == .tellLagging {
      trace.add("lagging: \(id)", id.rawValue)
      try write(.push(.lagging(WireLagging())), to: id)
    }
    try readOn(id)
  }

  func arriveAtServer(_ id: ConnectionID) throws {
    guard let bytes = network.receive(on: id, \.toServer), server?.sessions[id] != nil else {
      return
    }
    server?.sessions[id]?.decoder.append(bytes)
    try readOn(id)
  }

  private func readOn(_ id: ConnectionID) throws {
    while server?.sessions[id]?.reads == true,
      let payload = try server?.sessions[id]?.decoder.next()
    {
      let actions = try server?.sessions[id]?.connection.receive(payload, at: now.wall)
      if let max = server?.sessions[id]?.connection.frameBytesMax {
        server?.sessions[id]?.decoder.bytesMax = max
      }
      try act(on: id, actions ?? [])
    }
  }

  private func act(on id: ConnectionID, _ actions: [ServerConnection.Action]) throws {
    for action in actions {
      switch action {
      case .send(let frame): try write(frame, to: id)
      case .signIn(let request, let wire):
        try feed(.request(id, request: request, try Translation.signIn(wire)))
      case .request(let request, let body):
        try feed(.request(id, request: request, try Translation.request(body)))
      case .pauseReading: server?.sessions[id]?.isPaused = true
      case .resumeReading:
        server?.sessions[id]?.isPaused = false
        try readOn(id)
      }
    }
    if let max = server?.sessions[id]?.connection.frameBytesMax {
      server?.sessions[id]?.decoder.bytesMax = max
    }
  }
}
