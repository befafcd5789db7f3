import ConfabDomain
import ConfabHub
import ConfabJournal
import ConfabWire
import OrderedCollections
import Primitives

/// A whole place under one seed: it owns the clocks, the network and the disk, and runs the real hub,
/// both halves of the real wire and the real journal's memory on them.
///
/// One thing happens at a time, and after each the rules are checked: what is violated is thrown.
final class Universe {
  enum Happening {
    case arrivesAtServer(ConnectionID)
    case arrivesAtClient(ConnectionID)
    /// The client learns that its connection ended.
    case ends(ConnectionID)
    case dials(client: Int)
    case acts(client: Int)
    case goesOn(client: Int)
    case fails
    case endsFullDisk
    case starts

    // Of the server's process with the number.
    case synced(process: Int)
    case reloaded(process: Int)
    case checked(process: Int, Ticket, PasswordCheck)
    case lookedUp(process: Int, Ticket, LookUp)
    case read(process: Int, ConnectionID, request: UInt64, Read)
    case deadline(process: Int)
  }

  let seed: UInt64
  let faults: Faults
  var random: SeededRandom
  var now = Now(
    wall: WallTime(millisecondsSinceEpoch: 1_795_348_800_000),
    monotonic: MonotonicTime(nanoseconds: 1_000_000_000))
  var schedule = Schedule<Happening>()
  var network = Network()
  var disk = SimulatedDisk()
  var server: Server?
  var processes = 0
  var clients: [Client] = []
  var truth = Truth()
  var trace: Trace
  /// Nothing fails any more and nobody wants anything new.
  var isCalm = false
  private(set) var steps = 0

  /// Two devices of one person, and one device each of three others.
  static let people = ["ann", "bob", "cat", "dan"]
  static let devices = ["ann", "ann", "bob", "cat", "dan"]

  init(seed: UInt64, isTraced: Bool = false) throws {
    self.seed = seed
    var random = SeededRandom(seed: seed)
    faults = Faults(using: &random)
    self.random = random
    trace = Trace(isKept: isTraced)
    try foundPlace()
    for (index, name) in Self.devices.enumerated() {
      guard let account = truth.state.account(named: try Name(name)) else { continue }
      clients.append(Client(index: index, name: name, account: account.id))
      plan(.dials(client: index), within: .milliseconds(50))
      plan(.acts(client: index), within: .milliseconds(200))
    }
    try startServer()
  }

  private func foundPlace() throws {
    var state = PlaceState()
    var bodies: [Event.Body] = [
      .placeFounded(place: [UInt8](repeating: 7, count: WireLimits.placeBytes))
    ]
    for (index, name) in Self.people.enumerated() {
      bodies.append(
        .accountCreated(
          NewAccount(
            id: AccountID(UInt64(index) + 1), name: try Name(name),
            role: index == 0 ? .owner : .member,
            password: PasswordHash(
              salt: [], hash: Array("password".utf8), cost: 1, blockSize: 1, parallelism: 1),
            invitation: nil)))
    }
    let events = bodies.map { state.apply(Event(at: now.wall, by: nil, body: $0)) }
    try disk.write(events)
    try disk.sync()
    for event in events { try truth.take(event) }
  }
}

// Time.
extension Universe {
  func plan(_ happening: Happening, after delay: Duration) {
    schedule.add(happening, at: now.monotonic + delay)
  }

  func plan(_ happening: Happening, within delay: Duration) {
    plan(happening, after: chance(upTo: delay))
  }

  func chance(upTo duration: Duration) -> Duration {
    .nanoseconds(Int64.random(in: 0...max(1, duration.nanoseconds), using: &random))
  }

  func pick<Element>(_ choices: [Element]) -> Element? { choices.randomElement(using: &random) }

  /// So many steps with faults, then as many as it takes until nothing is left to do.
  func run(steps count: Int) throws {
    while steps < count { guard try step() else { break } }
    try calmDown()
    let last = steps + Self.calmStepsMax
    while try step() {
      guard steps < last else { throw Violation("it does not calm down") }
    }
    try checkConvergence()
  }

  /// What is under way when the faults end must be over after so many steps.
  private static let calmStepsMax = 20_000

  private func step() throws -> Bool {
    guard let (happening, at) = schedule.next() else { return false }
    steps += 1
    let passed = at.since(now.monotonic)
    now.monotonic = max(now.monotonic, at)
    now.wall = now.wall + passed
    if !isCalm, Int.random(in: 0..<100, using: &random) < faults.percent { try fail() }
    try perform(happening)
    try checkStep()
    return true
  }

  private func perform(_ happening: Happening) throws {
    trace.add("\(now.monotonic.nanoseconds / 1000) µs: \(happening)", now.monotonic.nanoseconds)
    switch happening {
    case .arrivesAtServer(let id): try arriveAtServer(id)
    case .arrivesAtClient(let id): try arriveAtClient(id)
    case .ends(let id):
      guard let link = network.links[id] else { return }
      network.close(id)
      loseConnection(link.client, id)
    case .dials(let client): try dial(client)
    case .acts(let client): try act(client)
    case .goesOn(let client): try flushOutbox(client)
    case .fails: try fail()
    case .endsFullDisk: disk.isFull = false
    case .starts: try startServer()
    case .synced(process: server?.process): try synced()
    case .reloaded(process: server?.process): try feed(.reloaded(try disk.durable.loadState()))
    case .checked(process: server?.process, let ticket, let check):
      let isRight = check.hash?.hash == check.password.bytes
      try feed(.passwordChecked(ticket, isRight ? .right : .wrong))
    case .lookedUp(process: server?.process, let ticket, let lookUp):
      try feed(.lookedUp(ticket, try answer(lookUp)))
    case .read(process: server?.process, let id, let request, let read):
      try answer(read, id, request)
    case .deadline(process: server?.process): try deadline()
    // Of a process that ended.
    case .synced, .reloaded, .checked, .lookedUp, .read, .deadline: break
    }
  }
}
