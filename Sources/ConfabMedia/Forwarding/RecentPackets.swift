/// What is remembered of a packet that was sent.
protocol RememberedPacket {
  /// Nothing is remembered.
  init()
  /// Unwrapped; 0 for none.
  var sequence: UInt64 { get set }
  var sentAt: UInt64 { get }
}

/// The packets that were sent lately, by number. It grows only as far as their rate needs, because most
/// pictures are small, and each viewer has many.
struct RecentPackets<Packet: RememberedPacket>: ~Copyable {
  private static var capacityMin: Int { 32 }

  private var packets: UnsafeMutablePointer<Packet>
  private var capacity = Self.capacityMin
  private let capacityMax: Int
  /// So long a packet is to be found, if there is room for it.
  private let keptNanoseconds: UInt64

  /// - Parameter capacityMax: a power of two.
  init(capacityMax: Int, keptNanoseconds: UInt64) {
    precondition(capacityMax & (capacityMax - 1) == 0 && capacityMax >= Self.capacityMin)
    self.capacityMax = capacityMax
    self.keptNanoseconds = keptNanoseconds
    packets = .allocate(capacity: capacity)
    packets.initialize(repeating: Packet(), count: capacity)
  }

  deinit { packets.deallocate() }

  @inline(__always)
  private func place(_ sequence: UInt64) -> UnsafeMutablePointer<Packet> {
    packets + Int(sequence & UInt64(capacity - 1))
  }

  @inline(__always)
  mutating func record(_ packet: Packet) {
    let older = place(packet.sequence)
    if older.pointee.sequence != 0, capacity < capacityMax,
      older.pointee.sentAt + keptNanoseconds > packet.sentAt
    {
      grow()
    }
    place(packet.sequence).pointee = packet
  }

  private mutating func grow() {
    let before = UnsafeMutableBufferPointer(start: packets, count: capacity)
    capacity *= 2
    packets = .allocate(capacity: capacity)
    packets.initialize(repeating: Packet(), count: capacity)
    for packet in before where packet.sequence != 0 { place(packet.sequence).pointee = packet }
    before.deallocate()
  }

  /// Where the packet with this number is remembered, until the next call of `record`.
  func find(_ sequence: UInt64) -> UnsafeMutablePointer<Packet>? {
    let found = place(sequence)
    return found.pointee.sequence == sequence && sequence != 0 ? found : nil
  }
}
