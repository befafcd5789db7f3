import CLinux
import ConfabMedia
import Glibc

/// The server's UDP socket, for both families. Every datagram tells to which of our addresses it was
/// sent, so that it is answered from there.
struct PortSocket: ~Copyable {
  /// A tenth of a second of a fast path.
  private static let bufferBytes: Int32 = 8 << 20

  let descriptor: Int32
  let port: Int

  /// - Parameters:
  ///   - address: 4 or 16 bytes.
  ///   - port: 0 lets the system choose.
  ///   - scope: the interface of a link-local address.
  init(address: [UInt8], port: Int, scope: UInt32) throws(SystemError) {
    let descriptor = clinux_port_socket()
    guard descriptor >= 0 else { throw SystemError("open a UDP socket", code: -descriptor) }
    let mapped = address.count == 4 ? TransportTuple.mappedPrefix + address : address
    let bound = clinux_port_bind(descriptor, mapped, UInt16(truncatingIfNeeded: port), scope)
    let actual = clinux_bound_port(descriptor)
    guard bound == 0, actual > 0 else {
      close(descriptor)
      throw SystemError("use UDP port \(port)", code: -min(bound, actual))
    }
    _ = clinux_socket_buffers(descriptor, Self.bufferBytes)
    self.descriptor = descriptor
    self.port = Int(actual)
  }

  deinit {
    close(descriptor)
  }
}

/// Memory for what one system call brings, allocated once.
struct PortBatch: ~Copyable {
  static let slots = Int(CLINUX_PORT_BATCH_MAX)

  private let slotBytes: Int
  private let memory: UnsafeMutableRawBufferPointer
  private let received: UnsafeMutablePointer<clinux_port_received>
  private(set) var count = 0

  /// - Parameter slotBytes: what is longer is cut off.
  init(slotBytes: Int) {
    self.slotBytes = slotBytes
    memory = .allocate(byteCount: Self.slots * slotBytes, alignment: 64)
    received = .allocate(capacity: Self.slots)
    received.initialize(repeating: clinux_port_received(), count: Self.slots)
  }

  deinit {
    memory.deallocate()
    received.deallocate()
  }

  /// - Returns: false when nothing had come.
  mutating func fill(from descriptor: Int32) -> Bool {
    var filled: Int32
    repeat {
      filled = clinux_port_receive(
        descriptor, memory.baseAddress, UInt32(slotBytes), Int32(Self.slots), received)
      // ECONNREFUSED and its like are answers to something sent earlier; asking again takes them away.
    } while filled == -EINTR || filled == -ECONNREFUSED
    count = max(Int(filled), 0)
    return count > 0
  }

  /// Valid until the batch is filled again.
  func datagram(_ index: Int) -> (bytes: UnsafeMutableRawBufferPointer, from: TransportTuple) {
    precondition(index < count)
    let start = index * slotBytes
    let end = start + Int(received[index].byte_count)
    return (
      UnsafeMutableRawBufferPointer(rebasing: memory[start..<end]),
      TransportTuple(received[index].ends)
    )
  }
}

extension TransportTuple {
  fileprivate static let mappedPrefix: [UInt8] =
    [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

  fileprivate init(_ ends: clinux_ends) {
    func words(_ offset: Int, _ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
      (
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
      )
    }
    let (remote, local) = withUnsafeBytes(of: ends) { bytes in (words(0, bytes), words(16, bytes)) }
    self.init(
      remoteHigh: remote.0, remoteLow: remote.1, remotePort: ends.remote_port, localHigh: local.0,
      localLow: local.1, interface: ends.interface)
  }

  /// As the system wants them.
  var ends: clinux_ends {
    var ends = clinux_ends()
    withUnsafeMutableBytes(of: &ends) { bytes in
      bytes.storeBytes(of: remoteHigh.bigEndian, toByteOffset: 0, as: UInt64.self)
      bytes.storeBytes(of: remoteLow.bigEndian, toByteOffset: 8, as: UInt64.self)
      bytes.storeBytes(of: localHigh.bigEndian, toByteOffset: 16, as: UInt64.self)
      bytes.storeBytes(of: localLow.bigEndian, toByteOffset: 24, as: UInt64.self)
    }
    ends.interface = interface
    ends.remote_port = remotePort
    return ends
  }
}
