/// What left towards one viewer, by transport-wide number, until the viewer's feedback tells of it.
struct SendHistory: ~Copyable {
  static let capacity = 2_048
  /// Feedback comes each 50 to 100 ms.
  private static let keptNanoseconds: UInt64 = 500_000_000

  struct Sent: RememberedPacket {
    var sequence: UInt64 = 0
    var sentAt: UInt64 = 0
    var bytes: UInt16 = 0
    var isProbe = false
  }

  private var packets = RecentPackets<Sent>(
    capacityMax: Self.capacity, keptNanoseconds: Self.keptNanoseconds)
  private(set) var next: UInt64

  init(firstSequence: UInt16) {
    next = 1 << 16 | UInt64(firstSequence)
  }

  /// - Returns: the number for the packet's header.
  @inline(__always)
  mutating func record(bytes: Int, isProbe: Bool, at now: UInt64) -> UInt16 {
    packets.record(
      Sent(
        sequence: next, sentAt: now, bytes: UInt16(truncatingIfNeeded: bytes), isProbe: isProbe))
    next += 1
    return UInt16(truncatingIfNeeded: next - 1)
  }

  /// The packet that feedback means by a number of 16 bits; nil when it is none of the latest.
  func unwrap(_ sequence: UInt16) -> UInt64? {
    let behind = UInt64(UInt16(truncatingIfNeeded: next - 1) &- sequence)
    guard behind < UInt64(Self.capacity), behind < next - (1 << 16) else { return nil }
    return next - 1 - behind
  }

  /// Takes the packet out: it counts once.
  mutating func take(_ sequence: UInt64) -> Sent? {
    guard let place = packets.find(sequence) else { return nil }
    let sent = place.pointee
    place.pointee.sequence = 0
    return sent
  }
}
