import CLinux
import ConfabTransfer
import Glibc
import Primitives

private let readable = UInt32(CLINUX_READABLE)
private let writable = UInt32(CLINUX_WRITABLE)

/// An endpoint in the loop with the sockets that belong to it.
final class LoopMember {
  /// So that one endpoint with much to send lets the others, and what arrives, have their turn.
  private static let trainsPerTurnMax = 16
  /// A path names its socket in one byte.
  private static let socketsMax = 256

  /// A train that the system had no room for, and what of it is still to be sent.
  private struct Waiting {
    var train: OutgoingTrain
    var bytes: [UInt8]
  }

  let id: UInt64
  let endpoint: any LoopEndpoint
  private let poll: Int32
  private var sockets: [SocketBox] = []
  /// Kept until its socket is writable; nothing else is sent before.
  private var waiting: Waiting?
  private(set) var counts = LoopCounts()

  init(id: UInt64, endpoint: any LoopEndpoint, poll: Int32) {
    self.id = id
    self.endpoint = endpoint
    self.poll = poll
  }

  /// Opens one more socket.
  func open(
    port: UInt16, segmentsTrains: Bool
  ) throws(SystemError) -> (number: UInt8, port: UInt16) {
    guard sockets.count < Self.socketsMax else { throw SystemError("open a socket", code: EMFILE) }
    let box = SocketBox(try DatagramSocket(port: port, segmentsTrains: segmentsTrains))
    let tag = id << 8 | UInt64(sockets.count)
    let code = clinux_poll_add(poll, box.socket.descriptor, readable, tag)
    guard code == 0 else { throw SystemError("wait for a socket", code: -code) }
    sockets.append(box)
    return (UInt8(sockets.count - 1), box.socket.port)
  }

  func closeAll() {
    for box in sockets {
      _ = clinux_poll_remove(poll, box.socket.descriptor)
    }
    sockets = []
    waiting = nil
  }

  func serve(_ number: Int, _ events: UInt32, _ batch: inout ReceiveBatch, at now: MonotonicTime) {
    guard number < sockets.count else { return }
    if events & writable != 0 { resume(at: now) }
    if events & readable != 0 { receive(number, &batch, at: now) }
  }

  /// Hands over one batch. What is left makes the loop come again.
  private func receive(_ number: Int, _ batch: inout ReceiveBatch, at now: MonotonicTime) {
    guard number < sockets.count, sockets[number].socket.receive(into: &batch) else { return }
    counts.receiveCalls += 1
    for index in 0..<batch.count {
      guard let slot = batch.slot(index, localSocket: UInt8(number)) else { continue }
      counts.datagramsReceived += (slot.bytes.count + slot.segmentBytes - 1) / slot.segmentBytes
      endpoint.receive(slot, at: now)
    }
    endpoint.endReceiveBatch(
      socketDrops: batch.socketDrops.map { (UInt8(number), $0) }, at: now)
  }

  /// Sends what there is.
  ///
  /// - Returns: true when there may be more that need not wait.
  func transmit(with buffer: UnsafeMutableRawBufferPointer, at now: MonotonicTime) -> Bool {
    guard waiting == nil else { return false }
    for _ in 0..<Self.trainsPerTurnMax {
      guard let train = endpoint.nextTrain(into: buffer, at: now) else { return false }
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<train.bytes])
      guard send(train, bytes, at: now) else { return false }
    }
    return true
  }

  /// The system has room again.
  private func resume(at now: MonotonicTime) {
    guard let rest = waiting else { return }
    waiting = nil
    let isAllSent = rest.bytes.withUnsafeBytes { send(rest.train, $0, at: now) }
    if isAllSent { watch(rest.train, readable) }
  }

  /// - Returns: false when the socket takes no more for now.
  private func send(
    _ train: OutgoingTrain, _ bytes: UnsafeRawBufferPointer, at now: MonotonicTime
  ) -> Bool {
    let number = Int(train.address.localSocket)
    // A path of a socket that was closed meanwhile: to the protocol it is loss.
    guard number < sockets.count else { return true }
    counts.sendCalls += 1
    counts.datagramsSent += (bytes.count + train.segmentBytes - 1) / train.segmentBytes
    switch sockets[number].socket.send(
      bytes, segmentBytes: train.segmentBytes, to: train.address, ecn: train.ecn)
    {
    case .sent: break
    case .blocked(let offset):
      counts.blocked += 1
      waiting = Waiting(train: train, bytes: Array(bytes[offset...]))
      watch(train, readable | writable)
      return false
    case .tooLarge:
      counts.tooLarge += 1
      endpoint.wasTooLarge(train, at: now)
    case .unreachable(let code):
      // The path's timers find out; another path may work meanwhile.
      counts.unreachable += 1
      counts.latestFault = code
    }
    return true
  }

  private func watch(_ train: OutgoingTrain, _ events: UInt32) {
    let number = Int(train.address.localSocket)
    _ = clinux_poll_change(
      poll, sockets[number].socket.descriptor, events, id << 8 | UInt64(number))
  }

  /// Arrays hold only what can be copied.
  private final class SocketBox {
    var socket: DatagramSocket

    init(_ socket: consuming DatagramSocket) {
      self.socket = socket
    }
  }
}

/// How sockets were used; datagrams for each call tell whether trains are worth their name.
package struct LoopCounts: Hashable, Sendable {
  package var sendCalls = 0
  package var datagramsSent = 0
  package var receiveCalls = 0
  package var datagramsReceived = 0
  /// The system's buffer was full.
  package var blocked = 0
  package var tooLarge = 0
  package var unreachable = 0
  /// `errno` of the last that could not be sent.
  package var latestFault: Int32 = 0
}
