/// What is remembered of a packet that was sent.
protocol RememberedPacket {
  /// Nothing is remembered.
  init()
  /// Unwrapped; 0 for none.
  var sequence: UInt64 { get set }
  var sentAt: UInt64 { get }
}

/// The packets that were sent lately, by number. It takes no memory before the first, and grows only as far
/// as their rate needs, because each viewer has room for many pictures, and most are small.
struct RecentPackets<Packet: RememberedPacket>: ~Copyable {
  private static var capacityMin: Int { 32 }

  /// Its capacity is 0 or a power of two.
  private var packets = UnsafeMutableBufferPointer<Packet>(start: nil, count: 0)
  private let capacityMax: Int
  /// So long a packet is to be found, if there is room for it.
  private let keptNanoseconds: UInt64

  /// - Parameter capacityMax: a power of two.
  init(capacityMax: Int, keptNanoseconds: UInt64) {
    precondition(capacityMax & (capacityMax - 1) == 0 && capacityMax >= Self.capacityMin)
    self.capacityMax = capacityMax
    self.keptNanoseconds = keptNanoseconds
  }

  deinit { packets.deallocate() }

  @inline(__always)
  private func place(_ sequence: UInt64) -> Int {
    Int(truncatingIfNeeded: sequence) & (packets.count - 1)
  }

  @inline(__always)
  mutating func record(_ packet: Packet) {
    if isFull(for: packet) { grow() }
    packets[place(packet.sequence)] = packet
  }

  /// One that may still be asked for would be lost.
  @inline(__always)
  private func isFull(for packet: Packet) -> Bool {
    guard packets.count < capacityMax else { return false }
    guard !packets.isEmpty else { return true }
    let older = packets[place(packet.sequence)]
    return older.sequence != 0 && older.sentAt + keptNanoseconds > packet.sentAt
  }

  private mutating func grow() {
    let before = packets
    packets = .allocate(capacity: max(2 * before.count, Self.capacityMin))
    packets.initialize(repeating: Packet())
    for packet in before where packet.sequence != 0 { packets[place(packet.sequence)] = packet }
    before.deallocate()
  }

  /// Where the packet with this number is remembered, until the next call of `record`.
  func find(_ sequence: UInt64) -> UnsafeMutablePointer<Packet>? {
    guard sequence != 0, let first = packets.baseAddress else { return nil }
    let found = first + place(sequence)
    return found.pointee.sequence == sequence ? found : nil
  }
}
