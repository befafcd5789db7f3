import CLinux
package import ConfabTransfer
import Glibc

/// Memory for what one system call may bring, allocated once.
package struct ReceiveBatch: ~Copyable {
  /// 8 × 64 KiB: enough for the system to join whole trains, small enough for the processor's cache.
  package static let slots = 8
  package static let slotBytes = 65_536
  /// Huge datagrams of loopback begin on a page.
  private static let alignment = 4_096

  /// What came in one slot, all from one sender and with one mark.
  package struct Slot {
    /// One or more datagrams, to be decrypted in place; valid until the batch is filled again.
    package let bytes: UnsafeMutableRawBufferPointer
    /// Size of each datagram but the last, which may be shorter.
    package let segmentBytes: Int
    package let source: PathAddress
    /// The two ECN bits (RFC 3168 §5).
    package let ecn: UInt8
  }

  private let memory: UnsafeMutableRawBufferPointer
  private let received: UnsafeMutablePointer<clinux_received>
  package private(set) var count = 0
  /// How many datagrams the socket has dropped so far because nobody fetched them in time; nil
  /// when it said nothing.
  package private(set) var socketDrops: UInt32?

  package init() {
    memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.slots * Self.slotBytes, alignment: Self.alignment)
    received = .allocate(capacity: Self.slots)
    received.initialize(repeating: clinux_received(), count: Self.slots)
  }

  deinit {
    memory.deallocate()
    received.deallocate()
  }

  mutating func fill(from descriptor: Int32) -> Bool {
    socketDrops = nil
    var filled: Int32
    repeat {
      filled = clinux_receive(
        descriptor, memory.baseAddress, UInt32(Self.slotBytes), Int32(Self.slots), received)
      // An answer of the network to something sent earlier; asking again takes it away.
    } while filled == -EINTR || filled == -ECONNREFUSED
    count = max(Int(filled), 0)
    for index in 0..<count where received[index].has_drops != 0 {
      socketDrops = received[index].drops
    }
    return count > 0
  }

  /// Nil for what no sender of ours makes: an empty datagram, or one larger than the slot.
  package func slot(_ index: Int, localSocket: UInt8) -> Slot? {
    precondition(index < count)
    let entry = received[index]
    let byteCount = Int(entry.byte_count)
    guard byteCount > 0, entry.is_truncated == 0 else { return nil }
    let start = index * Self.slotBytes
    let address = withUnsafeBytes(of: entry.address) { bytes in
      (
        bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      )
    }
    return Slot(
      bytes: UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + byteCount]),
      segmentBytes: max(Int(entry.segment_bytes), 1),
      source: PathAddress(
        high: UInt64(bigEndian: address.0), low: UInt64(bigEndian: address.1), port: entry.port,
        localSocket: localSocket),
      ecn: entry.ecn)
  }
}
