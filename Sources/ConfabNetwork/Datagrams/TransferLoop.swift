import CLinux
import Glibc
package import Primitives
import Synchronization

/// The thread that all transfers of a process share: sockets, timers, and a mailbox for everybody
/// else. Nothing that waits for a disk or a person happens on it.
package final class TransferLoop: Sendable {
  /// What runs on the loop's thread.
  package typealias Command = @Sendable (LoopState) -> Void

  /// Whoever posts bounds himself far below; this only keeps a fault from eating all memory.
  private static let commandsMax = 65_536

  private struct Mailbox {
    var commands: [Command] = []
    var isClosed = false
  }

  private let mailbox = Mutex(Mailbox())
  private let wakeup: Int32

  package init(name: String = "transfer") throws(SystemError) {
    let poll = clinux_poll_new()
    guard poll >= 0 else { throw SystemError("wait for sockets", code: -poll) }
    let bell = clinux_bell_new()
    wakeup = bell
    let watched = bell < 0 ? bell : clinux_poll_add(poll, bell, UInt32(CLINUX_READABLE), 0)
    guard watched == 0 else {
      close(poll)
      throw SystemError("wait for sockets", code: -watched)
    }
    try SystemThread.start(name) { [self] in
      LoopState(poll: poll).run { self.take() }
      close(poll)
    }
  }

  deinit {
    close(wakeup)
  }

  /// Runs a command on the loop's thread, in the order of posting.
  ///
  /// - Returns: false when the loop was stopped: then it is never run.
  @discardableResult
  package func post(_ command: @escaping Command) -> Bool {
    post(command, isLast: false)
  }

  /// Runs a command and hands back what it returns.
  package func perform<Result: Sendable>(
    _ body: @escaping @Sendable (LoopState) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let isTaken = post { state in
        continuation.resume(with: Swift.Result { try body(state) })
      }
      if !isTaken { continuation.resume(throwing: CancellationError()) }
    }
  }

  /// Ends the thread, after what was posted before. Endpoints are let go, not closed.
  package func stop() {
    post({ state in state.isStopping = true }, isLast: true)
  }

  @discardableResult
  private func post(_ command: @escaping Command, isLast: Bool) -> Bool {
    let position: Int? = mailbox.withLock { mailbox in
      guard !mailbox.isClosed else { return nil }
      precondition(mailbox.commands.count < Self.commandsMax, "the loop does not keep up")
      mailbox.commands.append(command)
      mailbox.isClosed = isLast
      return mailbox.commands.count
    }
    // Whoever posted the first has woken the loop for all that follow.
    if position == 1 { clinux_bell_ring(wakeup) }
    return position != nil
  }

  private func take() -> [Command] {
    clinux_bell_silence(wakeup)
    return mailbox.withLock { mailbox in
      defer { mailbox.commands = [] }
      return mailbox.commands
    }
  }
}

/// What the loop's thread owns. It never leaves that thread.
package final class LoopState {
  private static let trainAlignment = 4_096

  private let poll: Int32
  private var members: [LoopMember] = []
  private var nextID: UInt64 = 1
  private var batch = ReceiveBatch()
  private let trainBuffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: DatagramSocket.trainBytesMax, alignment: LoopState.trainAlignment)
  fileprivate var isStopping = false
  /// When this turn began.
  package private(set) var now = MonotonicClock.now

  fileprivate init(poll: Int32) {
    self.poll = poll
  }

  deinit {
    trainBuffer.deallocate()
  }

  /// Takes an endpoint in.
  ///
  /// - Returns: an id to open sockets for it and to detach it by.
  package func attach(_ endpoint: any LoopEndpoint) -> UInt64 {
    defer { nextID += 1 }
    members.append(LoopMember(id: nextID, endpoint: endpoint, poll: poll))
    return nextID
  }

  /// Opens a socket whose datagrams are the endpoint's.
  ///
  /// - Returns: the number by which paths name it, and its port.
  package func openSocket(
    for id: UInt64, port: UInt16 = 0, segmentsTrains: Bool = true
  ) throws(SystemError) -> (number: UInt8, port: UInt16) {
    guard let member = member(id) else { throw SystemError("open a socket", code: ENOENT) }
    return try member.open(port: port, segmentsTrains: segmentsTrains)
  }

  /// Lets the endpoint go and closes its sockets.
  package func detach(_ id: UInt64) {
    member(id)?.closeAll()
    members.removeAll { $0.id == id }
  }

  package func counts(_ id: UInt64) -> LoopCounts? { member(id)?.counts }

  private func member(_ id: UInt64) -> LoopMember? { members.first { $0.id == id } }

  fileprivate func run(taking commands: () -> [TransferLoop.Command]) {
    clinux_exact_timers()
    var tags = [UInt64](repeating: 0, count: 64)
    var events = [UInt32](repeating: 0, count: 64)
    var hasMore = false
    while !isStopping {
      let count = clinux_poll_wait(
        poll, hasMore ? 0 : waitNanoseconds(), &tags, &events, Int32(tags.count))
      now = MonotonicClock.now
      for index in 0..<max(Int(count), 0) {
        guard tags[index] != 0 else {
          for command in commands() { command(self) }
          continue
        }
        // It may have been detached earlier in this turn.
        member(tags[index] >> 8)?.serve(
          Int(tags[index] & 0xFF), events[index], &batch, at: now)
      }
      hasMore = false
      // Over a copy: an endpoint may detach itself in its turn.
      for member in members {
        if let deadline = member.endpoint.nextDeadline, deadline <= now {
          member.endpoint.timeout(at: now)
        }
        if member.transmit(with: trainBuffer, at: now) { hasMore = true }
      }
    }
    for member in members { member.closeAll() }
  }

  /// Until the first deadline; -1 waits for the next datagram or command.
  private func waitNanoseconds() -> Int64 {
    var earliest: MonotonicTime?
    for member in members {
      guard let deadline = member.endpoint.nextDeadline else { continue }
      if earliest.map({ deadline < $0 }) ?? true { earliest = deadline }
    }
    guard let earliest else { return -1 }
    return earliest.since(MonotonicClock.now).nanoseconds
  }
}
