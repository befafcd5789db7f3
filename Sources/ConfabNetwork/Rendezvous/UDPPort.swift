import CLinux
package import ConfabMedia
package import ConfabTransfer
import Glibc
package import NIOCore
import Synchronization

/// The UDP socket on the server's port and the thread that serves it: answers STUN, carries meetings,
/// forwards for pairs of devices that cannot reach each other, drops and counts all else.
package final class UDPPort: Sendable {
  /// What happened since the last one, for whoever counts.
  package struct Tally: Sendable {
    /// Questions for one's own address.
    package var answered = 0
    /// The address asked too often.
    package var limited = 0
    /// Nothing that is understood here.
    package var dropped = 0
    /// The socket took no more.
    package var congested = 0
    package var relay = RelayCounters()
    package var pairingsChange = 0

    package init() {}
  }

  /// What runs on the port's thread.
  package typealias Command = @Sendable (PortState) -> Void

  /// Whoever posts bounds himself far below; this only keeps a fault from eating all memory.
  private static let commandsMax = 65_536
  private static let waitingStreamReadsMax = 4_096
  static let bellTag: UInt64 = 0
  private static let socketTag: UInt64 = 1

  private struct Mailbox {
    var commands: [Command] = []
    var isClosed = false
    /// Who waits for the thread's end.
    var waiting: [CheckedContinuation<Void, Never>] = []
    var hasEnded = false
  }

  package let port: Int
  private let mailbox = Mutex(Mailbox())
  private let bell: Int32
  private let nextStream = Atomic<UInt32>(0)

  /// - Parameters:
  ///   - address: where to listen; its port may be 0, then the system chooses.
  ///   - relay: nil forwards nothing.
  ///   - count: called on the port's thread after a turn in which something happened.
  package init(
    address: SocketAddress, port: Int, relay: RelayLimits?,
    count: @escaping @Sendable (Tally) -> Void
  ) throws(SystemError) {
    guard let bytes = IPAddressText.bytes(of: address) else {
      throw SystemError("use UDP on \(address)", code: EAFNOSUPPORT)
    }
    let socket = try PortSocket(address: bytes, port: port, scope: address.scope)
    let poll = clinux_poll_new()
    guard poll >= 0 else { throw SystemError("wait for datagrams", code: -poll) }
    bell = clinux_bell_new()
    self.port = socket.port
    let descriptor = socket.descriptor
    let readable = UInt32(CLINUX_READABLE)
    let watched = bell < 0 ? bell : clinux_poll_add(poll, bell, readable, Self.bellTag)
    let isReady =
      watched < 0 ? watched : clinux_poll_add(poll, descriptor, readable, Self.socketTag)
    guard isReady == 0 else {
      Glibc.close(poll)
      throw SystemError("wait for datagrams", code: -isReady)
    }
    let state = Handover(
      PortState(socket: socket, poll: poll, relay: relay, count: count))
    try SystemThread.start("port") { [self] in
      state.take()?.run { self.takeCommands() }
      Glibc.close(poll)
      ended()
    }
  }

  deinit {
    Glibc.close(bell)
  }

  // MARK: - Commands

  /// Runs a command on the port's thread, in the order of posting.
  ///
  /// - Returns: false when the port was closed: then it is never run.
  @discardableResult
  package func post(_ command: @escaping Command) -> Bool {
    post(command, isLast: false)
  }

  /// Two devices may use the relay from now on, each with its token.
  ///
  /// - Parameters:
  ///   - account: whose pairing it is, and whose share the first end uses up.
  ///   - other: whose share the second end does.
  package func openRelay(
    _ pairing: UInt64, for account: UInt64, and other: UInt64, tokens first: [UInt8],
    _ second: [UInt8]
  ) {
    post { state in
      state.changeRelay {
        $0.open(pairing, for: account, and: other, tokens: first, second, at: state.now)
      }
    }
  }

  package func closeRelay(_ pairing: UInt64) {
    post { state in state.changeRelay { $0.close(pairing) } }
  }

  // MARK: - TCP connections that carry what UDP would

  /// A TCP connection joins in; what is sent to its tuple goes to `write`, on the port's thread.
  ///
  /// - Parameter hangUp: called there when it is of no use any more.
  /// - Returns: its tuple; nil when the port was closed.
  package func openStream(
    from address: SocketAddress, hangUp: @escaping @Sendable () -> Void,
    write: @escaping PortStreams.Writer
  ) -> TransportTuple? {
    guard let bytes = IPAddressText.bytes(of: address), let port = address.port else { return nil }
    let number = nextStream.wrappingAdd(1, ordering: .relaxed).newValue
    let tuple = TransportTuple(
      remote: bytes, port: UInt16(truncatingIfNeeded: port), connection: number)
    return post { $0.streams.open(number, hangUp: hangUp, write: write) } ? tuple : nil
  }

  /// What came over it, a datagram each. Dropped when the port does not keep up.
  package func receive(_ frames: [[UInt8]], from tuple: TransportTuple) {
    guard mailbox.withLock({ $0.commands.count < Self.waitingStreamReadsMax }) else { return }
    post { $0.receive(frames, from: tuple) }
  }

  package func closeStream(_ tuple: TransportTuple) {
    post { $0.closeStream(tuple) }
  }

  // MARK: - The end

  /// Returns once the socket is closed.
  package func close() async {
    post({ $0.isStopping = true }, isLast: true)
    await withCheckedContinuation { continuation in
      let hasEnded = mailbox.withLock { mailbox in
        if !mailbox.hasEnded { mailbox.waiting.append(continuation) }
        return mailbox.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  @discardableResult
  private func post(_ command: @escaping Command, isLast: Bool) -> Bool {
    let position: Int? = mailbox.withLock { mailbox in
      guard !mailbox.isClosed else { return nil }
      precondition(mailbox.commands.count < Self.commandsMax, "the port does not keep up")
      mailbox.commands.append(command)
      mailbox.isClosed = isLast
      return mailbox.commands.count
    }
    // Whoever posted the first has woken the thread for all that follow.
    if position == 1 { clinux_bell_ring(bell) }
    return position != nil
  }

  private func takeCommands() -> [Command] {
    clinux_bell_silence(bell)
    return mailbox.withLock { mailbox in
      defer { mailbox.commands = [] }
      return mailbox.commands
    }
  }

  private func ended() {
    let waiting = mailbox.withLock { mailbox in
      mailbox.hasEnded = true
      defer { mailbox.waiting = [] }
      return mailbox.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}

/// Carries the state from who made it to the thread that owns it.
// Proof: it is filled before the thread starts and emptied once, by that thread.
private final class Handover: @unchecked Sendable {
  private var state: PortState?

  init(_ state: PortState) {
    self.state = state
  }

  func take() -> PortState? { state.take() }
}

extension SocketAddress {
  /// Where the scope stands in `sockaddr_in6`, the same on every system.
  private static let scopeOffset = 24

  /// The interface of a link-local address.
  fileprivate var scope: UInt32 {
    guard case .v6(let v6) = self else { return 0 }
    return withUnsafeBytes(of: v6.address) {
      $0.loadUnaligned(fromByteOffset: Self.scopeOffset, as: UInt32.self)
    }
  }
}
