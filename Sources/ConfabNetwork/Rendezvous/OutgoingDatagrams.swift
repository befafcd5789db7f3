import CLinux
package import ConfabMedia
import Glibc

/// What is to be sent in this turn, side by side in memory allocated once; a system call sends many.
///
/// Datagrams of the same size that follow each other to the same address leave as one train where the
/// system can split it (UDP_SEGMENT). When the socket takes no more, what is left is dropped, as a
/// router with a full queue would.
package struct OutgoingDatagrams: ~Copyable {
  private static let arenaBytes = 512 << 10
  private static let entriesMax = Int(CLINUX_PORT_BATCH_MAX)
  private static let trainBytesMax = 65_507

  private struct Entry {
    var tuple: TransportTuple
    var start: Int
    var byteCount: Int
    /// Of each datagram but the last.
    var segmentBytes: Int
    var datagrams = 1
  }

  private let descriptor: Int32
  private let arena = UnsafeMutableRawBufferPointer.allocate(
    byteCount: OutgoingDatagrams.arenaBytes, alignment: 64)
  private let sending: UnsafeMutablePointer<clinux_port_sending>
  private var entries: [Entry] = []
  private var used = 0
  private var joinsTrains = true
  /// Takes what goes to TCP connections instead.
  package var onStream: ((UInt32, UnsafeRawBufferPointer) -> Void)?
  /// Datagrams sent, and dropped because the socket took no more, since this was asked last.
  package private(set) var sent = 0
  package private(set) var congested = 0

  init(descriptor: Int32) {
    self.descriptor = descriptor
    sending = .allocate(capacity: Self.entriesMax)
    sending.initialize(repeating: clinux_port_sending(), count: Self.entriesMax)
    entries.reserveCapacity(Self.entriesMax)
    joinsTrains = KernelRelease.running.map { !$0.corruptsEqualTrains } ?? false
  }

  deinit {
    arena.deallocate()
    sending.deallocate()
  }

  // MARK: - Writing

  /// Room for one datagram, to be filled and then committed.
  ///
  /// - Parameter byteCount: at most 64 KiB.
  package mutating func reserve(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
    precondition(byteCount <= Self.trainBytesMax)
    if used + byteCount > Self.arenaBytes || entries.count == Self.entriesMax { flush() }
    return UnsafeMutableRawBufferPointer(rebasing: arena[used..<(used + byteCount)])
  }

  /// What was reserved last has this many bytes and goes there.
  package mutating func commit(_ byteCount: Int, to tuple: TransportTuple) {
    guard byteCount > 0 else { return }
    if tuple.connection != 0 {
      onStream?(
        tuple.connection, UnsafeRawBufferPointer(rebasing: arena[used..<(used + byteCount)]))
      return
    }
    defer { used += byteCount }
    if let last = entries.indices.last, joins(entries[last], byteCount, tuple) {
      entries[last].byteCount += byteCount
      entries[last].datagrams += 1
      return
    }
    entries.append(
      Entry(tuple: tuple, start: used, byteCount: byteCount, segmentBytes: byteCount))
  }

  package mutating func append(_ bytes: UnsafeRawBufferPointer, to tuple: TransportTuple) {
    guard bytes.count <= Self.trainBytesMax else { return }
    reserve(bytes.count).copyMemory(from: bytes)
    commit(bytes.count, to: tuple)
  }

  package mutating func append(_ bytes: [UInt8], to tuple: TransportTuple) {
    bytes.withUnsafeBytes { append($0, to: tuple) }
  }

  /// A train ends with its first shorter datagram.
  private func joins(_ entry: Entry, _ byteCount: Int, _ tuple: TransportTuple) -> Bool {
    joinsTrains && entry.tuple == tuple && byteCount <= entry.segmentBytes
      && entry.byteCount == entry.datagrams * entry.segmentBytes
      && entry.datagrams < DatagramSocket.trainDatagramsMax
      && entry.byteCount + byteCount <= Self.trainBytesMax
  }

  // MARK: - Sending

  package mutating func flush() {
    guard !entries.isEmpty, let base = arena.baseAddress else { return }
    for (index, entry) in entries.enumerated() {
      sending[index] = clinux_port_sending(
        ends: entry.tuple.ends, bytes: UnsafeRawPointer(base + entry.start),
        byte_count: UInt32(entry.byteCount),
        segment_bytes: entry.datagrams > 1 ? UInt32(entry.segmentBytes) : 0)
    }
    var next = 0
    while next < entries.count {
      let taken = clinux_port_send(descriptor, sending + next, Int32(entries.count - next))
      if taken > 0 {
        for index in next..<(next + Int(taken)) { sent += entries[index].datagrams }
        next += Int(taken)
        continue
      }
      guard passes(over: next, because: -taken) else { break }
      next += 1
    }
    for index in next..<entries.count { congested += entries[index].datagrams }
    entries.removeAll(keepingCapacity: true)
    used = 0
  }

  /// - Returns: false when the socket is full, so that there is no use in going on.
  private mutating func passes(over index: Int, because code: Int32) -> Bool {
    switch code {
    case EAGAIN, ENOBUFS: return false
    case EIO, EINVAL:
      // EIO: the network card cannot do a train's checksums, never. EINVAL: this way carries no
      // datagrams of this size in one piece, and a train must not be cut.
      if code == EIO { joinsTrains = false }
      if entries[index].datagrams > 1 { sendSingly(entries[index]) }
      return true
    // Nobody is there, or no way leads there: to the other side it is loss.
    default: return true
    }
  }

  private mutating func sendSingly(_ entry: Entry) {
    guard let base = arena.baseAddress else { return }
    for offset in stride(from: 0, to: entry.byteCount, by: entry.segmentBytes) {
      var single = clinux_port_sending(
        ends: entry.tuple.ends, bytes: UnsafeRawPointer(base + entry.start + offset),
        byte_count: UInt32(min(entry.segmentBytes, entry.byteCount - offset)), segment_bytes: 0)
      if clinux_port_send(descriptor, &single, 1) == 1 { sent += 1 }
    }
  }

  /// - Returns: the datagrams sent and dropped since the last time.
  mutating func takeCounts() -> (sent: Int, congested: Int) {
    defer { (sent, congested) = (0, 0) }
    return (sent, congested)
  }
}
