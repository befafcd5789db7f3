/// What left towards one viewer, by transport-wide number, until the viewer's feedback tells of it.
struct SendHistory: ~Copyable {
  static let capacity = 2_048

  struct Sent {
    /// Unwrapped; 0 for none.
    var sequence: UInt64 = 0
    var sentAt: UInt64 = 0
    var bytes: UInt16 = 0
    var isProbe = false
  }

  private let packets: UnsafeMutablePointer<Sent>
  private(set) var next: UInt64

  init(firstSequence: UInt16) {
    packets = .allocate(capacity: Self.capacity)
    packets.initialize(repeating: Sent(), count: Self.capacity)
    next = 1 << 16 | UInt64(firstSequence)
  }

  deinit { packets.deallocate() }

  /// - Returns: the number for the packet's header.
  @inline(__always)
  mutating func record(bytes: Int, isProbe: Bool, at now: UInt64) -> UInt16 {
    packets[Int(next & UInt64(Self.capacity - 1))] = Sent(
      sequence: next, sentAt: now, bytes: UInt16(truncatingIfNeeded: bytes), isProbe: isProbe)
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
    let place = packets + Int(sequence & UInt64(Self.capacity - 1))
    guard place.pointee.sequence == sequence, sequence != 0 else { return nil }
    defer { place.pointee.sequence = 0 }
    return place.pointee
  }
}
