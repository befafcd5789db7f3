import ConfabNetwork
import ConfabTransfer
import Primitives

/// What both ends of a file transfer do alike: the connection, its place at the relay, what people are
/// told, and how it ends. Confined to the loop's thread, like the endpoint that it is part of.
struct TransferChannel: ~Copyable {
  /// How far the end has come.
  enum Ending {
    case open
    /// What came of it is certain; the last words are on their way, at the latest until then.
    case leaving(TransferEnd, code: UInt16, until: MonotonicTime)
    /// The connection is closed; its last datagram may still have to leave.
    case closed(TransferEnd)
    case over
  }

  /// The last words may need to be repeated; nobody waits longer for them.
  static let lastWords = Duration.seconds(2)

  var connection: FileConnection
  var relay: RelayBinding?
  var line = ControlLine()
  var meter: ProgressMeter
  private(set) var ending = Ending.open
  private let began: MonotonicTime
  private var isConnected = false
  private let updates: AsyncStream<TransferUpdate>.Continuation

  init(
    _ setup: ConnectionSetup, at now: MonotonicTime,
    updates: AsyncStream<TransferUpdate>.Continuation
  ) {
    connection = FileConnection(setup, at: now)
    meter = ProgressMeter(at: now)
    began = now
    self.updates = updates
  }

  /// The other side may be reached through the relay too, from now on.
  mutating func use(_ token: TransferToken, with binding: RelayBinding, at now: MonotonicTime) {
    var binding = binding
    binding.claim(token, at: now)
    relay = binding
    connection.addRelay(binding.relay, at: now)
  }

  var isOpen: Bool { if case .open = ending { true } else { false } }
  var isOver: Bool { if case .over = ending { true } else { false } }

  var path: PathKind { meter.progress.path ?? .direct }

  func seconds(at now: MonotonicTime) -> Double {
    Double(now.since(began).nanoseconds) / 1e9
  }

  /// What every kind of endpoint does with an event; false when it is about files.
  mutating func handle(_ event: TransferEvent) -> Bool {
    switch event {
    case .handshakeDone:
      isConnected = true
      updates.yield(.connected)
    case .pathChanged(_, let kind): meter.setPath(kind)
    case .closed(let closing): closed(closing)
    case .controlWritable: break
    case .control, .contentAcknowledged, .unreadable: return false
    }
    return true
  }

  /// The end is known: let the last words leave, then close.
  mutating func leave(
    _ end: TransferEnd, code: UInt16, _ files: FileProgress, at now: MonotonicTime
  ) {
    guard isOpen else { return }
    updates.yield(.progress(meter.tick(files, at: now)))
    ending = .leaving(end, code: code, until: now + Self.lastWords)
  }

  private mutating func closed(_ closing: TransferClosing) {
    switch ending {
    case .leaving(let end, _, _): ending = .closed(end)
    case .open: ending = .closed(.interrupted(interruption(closing)))
    case .closed, .over: break
    }
  }

  private func interruption(_ closing: TransferClosing) -> Interruption {
    switch closing {
    case .byUs: .stopped
    case .byPeer(let code, let reason): .closedByPeer(code: code, reason: reason)
    case .idle: isConnected ? .silence : .unreachable
    case .violation(let violation): .violation("\(violation)")
    }
  }

  /// Closes when the last words have left.
  mutating func closeIfDue(mayLeave: Bool, at now: MonotonicTime) {
    guard case .leaving(let end, let code, let until) = ending,
      mayLeave && line.isEmpty || until <= now
    else { return }
    connection.close(code: code, reason: "", at: now)
    ending = .closed(end)
  }

  /// Everything that had to leave has left.
  ///
  /// - Returns: true the first time that there is nothing more to do.
  mutating func finishIfDone() -> Bool {
    guard case .closed(let end) = ending else { return false }
    ending = .over
    updates.yield(.ended(end))
    updates.finish()
    return true
  }

  mutating func tick(_ files: FileProgress, at now: MonotonicTime) {
    guard isOpen, meter.nextTick <= now else { return }
    updates.yield(.progress(meter.tick(files, at: now)))
  }

  mutating func setPause(
    _ pause: TransferProgress.Pause?, _ files: FileProgress, at now: MonotonicTime
  ) {
    meter.setPause(pause)
    updates.yield(.progress(meter.tick(files, at: now)))
  }

  /// Other addresses of this side were found.
  mutating func announce(_ candidates: [Candidate], at now: MonotonicTime) {
    relay?.renew(at: now)
    connection.announce(candidates)
  }

  // MARK: The loop's side

  var nextDeadline: MonotonicTime? {
    if isOver { return nil }
    var earliest = isOpen ? meter.nextTick : connection.nextDeadline
    for deadline in [connection.nextDeadline, relay?.nextDeadline, leavingDeadline] {
      guard let deadline else { continue }
      earliest = earliest.map { min($0, deadline) } ?? deadline
    }
    return earliest
  }

  private var leavingDeadline: MonotonicTime? {
    if case .leaving(_, _, let until) = ending { until } else { nil }
  }

  mutating func timeout(at now: MonotonicTime) {
    if let deadline = connection.nextDeadline, deadline <= now { connection.timeout(at: now) }
  }

  /// What is to be said to the relay.
  mutating func nextRelayDatagram(
    into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime
  ) -> OutgoingTrain? {
    isOver ? nil : relay?.nextTrain(into: buffer, at: now)
  }

  mutating func receiveFromRelay(
    _ datagram: UnsafeRawBufferPointer, from source: PathAddress, at now: MonotonicTime
  ) {
    guard relay?.relay == source, relay?.receive(datagram, at: now) ?? false else { return }
    connection.hurryHandshake(at: now)
  }
}

extension RelayBinding {
  init(_ relay: PathAddress, socket: UInt8, at now: MonotonicTime) {
    var address = relay
    address.localSocket = socket
    var random = SystemRandomNumberGenerator()
    self.init(address, at: now, using: &random)
  }

  mutating func nextTrain(
    into buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime
  ) -> OutgoingTrain? {
    guard let bytes = nextDatagram(at: now) else { return nil }
    buffer.copyBytes(from: bytes)
    return OutgoingTrain(one: bytes.count, to: relay)
  }
}
