import ConfabTransfer
import Crypto
import Primitives

/// One end of a simulated transfer.
struct Endpoint: ~Copyable {
  var connection: TransferConnection<FakeCipher>
  var source: TestSource
  var sink: TestSink
  var events: [TransferEvent] = []
  /// What came on the control stream.
  var control: [UInt8] = []
  /// What is still to be written to it.
  var controlToSend: [UInt8] = []
  var nextNumber: UInt64 = 0

  mutating func receive(
    _ datagram: UnsafeMutableRawBufferPointer, from address: PathAddress, at time: MonotonicTime
  ) {
    connection.receive(datagram, from: address, at: time, into: &sink)
  }
}

/// Two connections and a network between them, all under one clock that jumps from event to event.
///
/// After every step the invariants are checked; the first that fails ends the run.
final class TransferPair {
  static let presenterAddress = PathAddress(ipv4: 0xC000_0201, port: 4001)
  static let recipientAddress = PathAddress(ipv4: 0xC633_6401, port: 4002)
  static let presenterAtRelay = PathAddress(ipv4: 0xCB00_7101, port: 5001)
  static let recipientAtRelay = PathAddress(ipv4: 0xCB00_7101, port: 5002)

  struct Options {
    var seed: UInt64 = 1
    var contentBytes = 256 << 10
    var forth = LinkConditions()
    /// Nil for the same as forth, but without its limit of rate.
    var back: LinkConditions?
    /// Nil for no relay.
    var relay: LinkConditions?
    var isDirectKnown = true
    var congestion = CongestionAlgorithm.cubic
    var controlBytes = 4_000
    var packetsPerKeyMax: UInt64 = KeyUpdateSchedule.packetsMax
    var datagramBytesMax = 1_472
    var initialCredit: UInt64 = TransferLimits.initialContentCredit
    /// How far the recipient lets the presenter go beyond what it has written.
    var creditWindow: UInt64 = 1 << 20
    var queuesContent = true
    var rateLimit: Int?
    /// Makes one side another than the other takes it for.
    var adjust: ((_ presenter: inout ConnectionSetup, _ recipient: inout ConnectionSetup) -> Void)?
  }

  let options: Options
  var network: PairNetwork
  var presenter: Endpoint
  var recipient: Endpoint
  private(set) var now: UInt64 = 1_000_000_000
  private(set) var failure: String?
  private(set) var steps = 0
  /// Everything sent, when that is wanted.
  var recordsDatagrams = false
  private(set) var recorded: [(from: PairNetwork.End, to: PathAddress, bytes: [UInt8])] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

  init(_ options: Options = Options()) {
    self.options = options
    network = PairNetwork(seed: options.seed)
    let (presenterSetup, recipientSetup) = TransferPair.setups(options)
    let time = MonotonicTime(nanoseconds: now)
    var chance = SeededRandom(seed: options.seed &+ 77)
    presenter = Endpoint(
      connection: TransferConnection(presenterSetup, at: time),
      source: TestSource(count: options.contentBytes, seed: options.seed), sink: TestSink(count: 0),
      controlToSend: .random(count: options.controlBytes, using: &chance))
    recipient = Endpoint(
      connection: TransferConnection(recipientSetup, at: time),
      source: TestSource(count: 0, seed: 0), sink: TestSink(count: options.contentBytes),
      controlToSend: .random(count: options.controlBytes, using: &chance))
    var back = options.forth
    back.rate = nil
    back.policer = nil
    if options.isDirectKnown {
      network.connect(
        presenter: TransferPair.presenterAddress, recipient: TransferPair.recipientAddress,
        forth: options.forth,
        back: options.back ?? back)
    }
    if let relay = options.relay {
      network.connect(
        presenter: TransferPair.presenterAtRelay, recipient: TransferPair.recipientAtRelay,
        forth: relay,
        back: relay)
    }
    if options.queuesContent {
      presenter.connection.sendContent(0..<UInt64(options.contentBytes))
    }
  }

  deinit { buffer.deallocate() }

  private static func setups(_ options: Options) -> (ConnectionSetup, ConnectionSetup) {
    let presenterKey = TestKeys.presenter
    let recipientKey = TestKeys.recipient
    let token = [UInt8](repeating: 9, count: 16)
    func candidates(_ direct: PathAddress, _ relay: PathAddress) -> [Candidate] {
      var all = [Candidate(.host, high: direct.high, low: direct.low, port: direct.port)]
      if options.relay != nil {
        all.append(Candidate(.relay, high: relay.high, low: relay.low, port: relay.port))
      }
      return all
    }
    var presenter = ConnectionSetup(
      role: .presenter, staticPrivate: presenterKey, ephemeral: .init(),
      remoteStatic: Array(recipientKey.publicKey.rawRepresentation), prologue: [1, 2, 3],
      localIndex: 0x1111_1111, remoteIndex: 0x2222_2222, token: token,
      candidates: candidates(recipientAddress, recipientAtRelay), pathSeed: options.seed &* 3,
      skipSeed: options.seed &* 5)
    var recipient = ConnectionSetup(
      role: .recipient, staticPrivate: recipientKey, ephemeral: .init(),
      remoteStatic: Array(presenterKey.publicKey.rawRepresentation), prologue: [1, 2, 3],
      localIndex: 0x2222_2222, remoteIndex: 0x1111_1111, token: token,
      candidates: candidates(presenterAddress, presenterAtRelay), pathSeed: options.seed &* 7,
      skipSeed: options.seed &* 11)
    presenter.congestion = options.congestion
    recipient.congestion = options.congestion
    presenter.packetsPerKeyMax = options.packetsPerKeyMax
    recipient.packetsPerKeyMax = options.packetsPerKeyMax
    presenter.datagramBytesMax = options.datagramBytesMax
    recipient.datagramBytesMax = options.datagramBytesMax
    presenter.initialContentCredit = options.initialCredit
    recipient.initialContentCredit = options.initialCredit
    presenter.rateLimit = options.rateLimit
    recipient.contentBytes = UInt64(options.contentBytes)
    options.adjust?(&presenter, &recipient)
    return (presenter, recipient)
  }

  var elapsed: Duration { .nanoseconds(Int64(now - 1_000_000_000)) }
  var time: MonotonicTime { MonotonicTime(nanoseconds: now) }

  func fail(_ reason: String) {
    if failure == nil { failure = "seed \(options.seed), at \(elapsed): \(reason)" }
  }

  // What the tests ask for; their macros take only what can be copied.
  var presenterCounts: TransferStatistics { presenter.connection.statistics }
  var recipientCounts: TransferStatistics { recipient.connection.statistics }
  var presenterPath: PathAddress? { presenter.connection.activePath }
  var recipientPath: PathAddress? { recipient.connection.activePath }
  var written: Int { recipient.sink.written }
  var areBothClosed: Bool { presenter.connection.isClosed && recipient.connection.isClosed }

  /// How each side ended, if it did.
  func closing(of end: PairNetwork.End) -> TransferClosing? {
    for event in end == .presenter ? presenter.events : recipient.events {
      if case .closed(let closing) = event { return closing }
    }
    return nil
  }

  /// A datagram out of nowhere.
  func inject(_ bytes: [UInt8], to end: PairNetwork.End, from address: PathAddress) {
    deliver(PairNetwork.Arrival(at: now, order: 0, end: end, from: address, bytes: bytes))
    switch end {
    case .presenter: presenter.connection.endReceiveBatch(at: time)
    case .recipient: recipient.connection.endReceiveBatch(at: time)
    }
    pump(end)
  }

  // MARK: Running

  /// Until `isDone`, or the time is up, or an invariant breaks.
  @discardableResult
  func run(
    for limit: Duration = .seconds(120), stepsMax: Int = 400_000,
    until isDone: (TransferPair) -> Bool
  ) -> Bool {
    let end = now + UInt64(limit.nanoseconds)
    pump(.presenter)
    pump(.recipient)
    while failure == nil, !isDone(self) {
      guard step(before: end) else { return false }
      if steps > stepsMax {
        fail("no end of steps")
        return false
      }
    }
    return failure == nil
  }

  /// Until all content and all control bytes are on the other side and known to be.
  @discardableResult
  func runToCompletion(for limit: Duration = .seconds(120)) -> Bool {
    let isComplete = run(for: limit) { $0.isComplete }
    if !isComplete, failure == nil {
      fail("did not complete: \(presenter.connection.statistics)")
    }
    return isComplete
  }

  var isComplete: Bool {
    recipient.sink.written >= options.contentBytes
      && recipient.control.count == options.controlBytes
      && presenter.control.count == options.controlBytes
      && presenter.connection.isEverythingAcknowledged
  }

  /// The content is what it was, each byte was written once, and the control streams are right.
  var isIdentical: Bool {
    recipient.sink.written == options.contentBytes
      && recipient.sink.bytes.elementsEqual(presenter.source.bytes)
  }

  /// To the next event; false when there is none before `end`.
  func step(before end: UInt64) -> Bool {
    steps += 1
    var next = network.nextArrivalAt ?? .max
    for deadline in [presenter.connection.nextDeadline, recipient.connection.nextDeadline] {
      if let deadline { next = min(next, deadline.nanoseconds) }
    }
    if !presenter.connection.isClosed, presenter.connection.nextDeadline == nil {
      fail("the presenter waits for ever")
    }
    if !recipient.connection.isClosed, recipient.connection.nextDeadline == nil {
      fail("the recipient waits for ever")
    }
    guard next <= end else {
      now = end
      return false
    }
    now = max(now, next)
    var touched = [false, false]
    while let arrival = network.pop(dueAt: now) {
      deliver(arrival)
      touched[arrival.end.rawValue] = true
    }
    if touched[0] { presenter.connection.endReceiveBatch(at: time) }
    if touched[1] { recipient.connection.endReceiveBatch(at: time) }
    if let deadline = presenter.connection.nextDeadline, deadline <= time {
      presenter.connection.timeout(at: time)
      touched[0] = true
    }
    if let deadline = recipient.connection.nextDeadline, deadline <= time {
      recipient.connection.timeout(at: time)
      touched[1] = true
    }
    if touched[0] { pump(.presenter) }
    if touched[1] { pump(.recipient) }
    return failure == nil
  }

  private func deliver(_ arrival: PairNetwork.Arrival) {
    var bytes = arrival.bytes
    bytes.withUnsafeMutableBytes { datagram in
      switch arrival.end {
      case .presenter:
        presenter.receive(datagram, from: arrival.from, at: time)
      case .recipient:
        recipient.receive(datagram, from: arrival.from, at: time)
      }
    }
  }

  /// Drains an endpoint, as its driver would.
  func pump(_ end: PairNetwork.End) {
    switch end {
    case .presenter: pump(&presenter, end)
    case .recipient: pump(&recipient, end)
    }
  }

  private func pump(_ endpoint: inout Endpoint, _ end: PairNetwork.End) {
    drainEvents(&endpoint)
    feedControl(&endpoint)
    if end == .recipient {
      endpoint.connection.creditContent(UInt64(endpoint.sink.written) + options.creditWindow)
    }
    var trains = 0
    while true {
      let before = endpoint.connection.statistics
      guard
        let train = endpoint.connection.transmit(
          into: buffer, at: time, from: &endpoint.source)
      else { break }
      trains += 1
      if trains > 1_000 {
        fail("\(end) sends without end")
        return
      }
      checkWindow(endpoint.connection.statistics, before, end)
      send(train, &endpoint, end)
    }
    drainEvents(&endpoint)
  }

  private func checkWindow(
    _ after: TransferStatistics, _ before: TransferStatistics, _ end: PairNetwork.End
  ) {
    guard after.bytesInFlight > before.bytesInFlight else { return }
    // Two probes after a timeout may go beyond the window.
    let allowed = max(before.windowBytes, before.bytesInFlight) + 2 * after.datagramBytes
    if after.bytesInFlight > allowed {
      fail("\(end) has \(after.bytesInFlight) bytes in flight, window \(before.windowBytes)")
    }
  }

  private func send(_ train: Train, _ endpoint: inout Endpoint, _ end: PairNetwork.End) {
    var start = 0
    while start < train.bytes {
      let count = min(train.segmentBytes, train.bytes - start)
      let datagram = UnsafeRawBufferPointer(rebasing: buffer[start..<start + count])
      checkNumber(datagram, &endpoint, end)
      network.send(datagram, from: end, to: train.path, at: now)
      if recordsDatagrams { recorded.append((end, train.path, Array(datagram))) }
      start += count
    }
  }

  /// Numbers only ever rise, so no number is used twice under a key; and every first byte is ours.
  private func checkNumber(
    _ datagram: UnsafeRawBufferPointer, _ endpoint: inout Endpoint, _ end: PairNetwork.End
  ) {
    if !(64...127).contains(datagram[0]) { fail("\(end) sent first byte \(datagram[0])") }
    guard let header = ShortHeader(datagram) else { return }
    let number = PacketNumber.expand(header.truncatedNumber, expected: endpoint.nextNumber)
    if number < endpoint.nextNumber { fail("\(end) used number \(number) again") }
    endpoint.nextNumber = number + 1
  }

  private func feedControl(_ endpoint: inout Endpoint) {
    while !endpoint.controlToSend.isEmpty {
      let piece = Array(endpoint.controlToSend.prefix(10_000))
      guard endpoint.connection.sendControl(piece) else { return }
      endpoint.controlToSend.removeFirst(piece.count)
    }
  }

  private func drainEvents(_ endpoint: inout Endpoint) {
    while let event = endpoint.connection.nextEvent() {
      switch event {
      case .control(let bytes): endpoint.control += bytes
      case .unreadable(let range): endpoint.connection.sendContent(range)
      case .contentAcknowledged: break
      default: endpoint.events.append(event)
      }
    }
  }
}

/// Made once: keys cost more than the rest of a short transfer.
enum TestKeys {
  static let presenter = Curve25519.KeyAgreement.PrivateKey()
  static let recipient = Curve25519.KeyAgreement.PrivateKey()
}
