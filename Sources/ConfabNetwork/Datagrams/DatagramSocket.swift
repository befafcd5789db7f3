import CLinux
package import ConfabTransfer
import Glibc

/// A UDP socket for both families that sends trains of datagrams with one system call and receives
/// them joined, several at a time.
///
/// It never waits, and it never splits a datagram: one that is too large for the next hop is
/// refused, which is how the path's size is found (RFC 8899 §4.1).
package struct DatagramSocket: ~Copyable {
  /// Datagrams in one train: what Linux takes (UDP_MAX_SEGMENTS before Linux 6.11).
  package static let trainDatagramsMax = 64
  /// The largest UDP payload of IPv4 (65,535 − 20 − 8); a train has to fit as well.
  package static let trainBytesMax = 65_507
  /// 8 MiB hold what 1 Gbit/s brings in 64 ms, while the thread is not scheduled.
  package static let bufferBytes = 8 << 20

  /// What became of a train.
  package enum SendResult: Hashable, Sendable {
    case sent
    /// The system's buffer is full: the bytes from this offset are to be sent when it has room.
    case blocked(from: Int)
    /// A datagram of this size does not fit the next hop.
    case tooLarge
    /// No way to there, or not allowed; for whoever counts. To the protocol it is loss.
    case unreachable(code: Int32)
  }

  package let descriptor: Int32
  package let port: UInt16
  /// What the system granted; it counts its own bookkeeping twice (socket(7)).
  package let receiveBufferBytes: Int
  /// Off where the system or the network card cannot split trains: then we split them here.
  package private(set) var segmentsTrains: Bool
  private let corruptsEqualTrains: Bool

  /// - Parameter port: 0 lets the system choose.
  package init(port: UInt16 = 0, segmentsTrains: Bool = true) throws(SystemError) {
    var abilities: UInt32 = 0
    let descriptor = clinux_udp_socket(&abilities)
    guard descriptor >= 0 else { throw SystemError("open a UDP socket", code: -descriptor) }
    var any = [UInt8](repeating: 0, count: 16)
    let bound = clinux_bind(descriptor, &any, port)
    let actual = clinux_bound_port(descriptor)
    guard bound == 0, actual > 0 else {
      close(descriptor)
      throw SystemError("use UDP port \(port)", code: -min(bound, actual))
    }
    self.descriptor = descriptor
    self.port = UInt16(truncatingIfNeeded: actual)
    receiveBufferBytes = max(clinux_socket_buffers(descriptor, Int32(Self.bufferBytes)), 0)
    self.segmentsTrains = segmentsTrains && abilities & UInt32(CLINUX_HAS_SEGMENTATION) != 0
    corruptsEqualTrains = KernelRelease.running?.corruptsEqualTrains ?? false
  }

  deinit {
    close(descriptor)
  }

  /// Sends datagrams of `segmentBytes` each, the last of which may be shorter, to one address.
  package mutating func send(
    _ train: UnsafeRawBufferPointer, segmentBytes: Int, to address: PathAddress, ecn: UInt8 = 0
  ) -> SendResult {
    guard let base = train.baseAddress, segmentBytes > 0 else { return .sent }
    var name = address.ipv6Bytes
    guard train.count > segmentBytes else {
      return result(clinux_send(descriptor, base, train.count, &name, address.port, 0, ecn))
    }
    guard segmentsTrains, !(corruptsEqualTrains && train.count.isMultiple(of: segmentBytes)) else {
      return sendSingly(train, segmentBytes: segmentBytes, to: address, ecn: ecn)
    }
    let sent = clinux_send(
      descriptor, base, train.count, &name, address.port,
      UInt16(truncatingIfNeeded: segmentBytes), ecn)
    guard sent == -Int(EIO) || sent == -Int(EINVAL) else { return result(sent) }
    // EIO: the card cannot do the checksums of a train. EINVAL: the system cannot split here, or
    // the datagrams are too large, and then trains are not to blame.
    let outcome = sendSingly(train, segmentBytes: segmentBytes, to: address, ecn: ecn)
    if outcome != .tooLarge { segmentsTrains = false }
    return outcome
  }

  private func sendSingly(
    _ train: UnsafeRawBufferPointer, segmentBytes: Int, to address: PathAddress, ecn: UInt8
  ) -> SendResult {
    guard let base = train.baseAddress else { return .sent }
    var name = address.ipv6Bytes
    var offset = 0
    var worst = SendResult.sent
    while offset < train.count {
      let count = min(segmentBytes, train.count - offset)
      let outcome = result(
        clinux_send(descriptor, base + offset, count, &name, address.port, 0, ecn))
      if case .blocked = outcome { return .blocked(from: offset) }
      if outcome != .sent { worst = outcome }
      offset += count
    }
    return worst
  }

  private func result(_ returned: Int) -> SendResult {
    guard returned < 0 else { return .sent }
    return switch Int32(-returned) {
    case EAGAIN: .blocked(from: 0)
    case EMSGSIZE: .tooLarge
    case let code: .unreachable(code: code)
    }
  }

  /// Fills the batch with what has arrived.
  ///
  /// - Returns: false when nothing had, so that there is nothing more to ask for.
  package func receive(into batch: inout ReceiveBatch) -> Bool {
    batch.fill(from: descriptor)
  }
}

extension PathAddress {
  /// As the system wants them: 16 bytes in network order.
  fileprivate var ipv6Bytes: (UInt64, UInt64) { (high.bigEndian, low.bigEndian) }
}
