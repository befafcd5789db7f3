/// What is remembered of a packet until it is known to have arrived or not. Trivial: records live in
/// a ring and are never destroyed.
package struct SentPacket: Sendable {
  package enum State: UInt8, Sendable {
    /// Nothing of it is waited for: it carried only acknowledgements or a path's probe.
    case untracked
    case outstanding
    case acknowledged
    case lost
    /// The number was left out on purpose: whoever acknowledges it is lying (RFC 9000 §21.4).
    case skipped
  }

  package struct Contents: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let contentCredit = Contents(rawValue: 1)
    package static let controlCredit = Contents(rawValue: 2)
    package static let candidates = Contents(rawValue: 4)
    /// Padded to learn what size passes; its loss says nothing about congestion (RFC 9000 §14.4).
    package static let sizeProbe = Contents(rawValue: 8)
    /// Carried an acknowledgement and no content: `contentOffset` is the largest number in it.
    package static let acknowledgement = Contents(rawValue: 16)
  }

  package var number: UInt64
  /// When it really left, in nanoseconds.
  package var sentAt: UInt64
  package var contentOffset: UInt64 = 0
  package var controlOffset: UInt64 = 0
  package var contentCount: UInt16 = 0
  package var controlCount: UInt16 = 0
  /// The whole datagram.
  package var bytes: UInt16 = 0
  package var state = State.outstanding
  package var contents: Contents = []
  /// Which of the paths used so far: what an older one does tells nothing about this one.
  package var epoch: UInt8 = 0

  package init(number: UInt64, sentAt: UInt64) {
    self.number = number
    self.sentAt = sentAt
  }

  package var contentRange: Range<UInt64> { contentOffset..<contentOffset + UInt64(contentCount) }
  package var controlRange: Range<UInt64> { controlOffset..<controlOffset + UInt64(controlCount) }
  package var isSizeProbe: Bool { contents.contains(.sizeProbe) }
}

/// The packets sent lately, in a ring indexed by packet number.
///
/// It grows by doubling up to `capacityMax`, so that a slow connection stays in the processor's cache;
/// past that nothing may be sent until the oldest packet is settled.
package struct SentPackets: ~Copyable {
  /// 65,536 packets of 1,472 bytes are 96 MB in flight: 1 Gbit/s over 770 ms.
  package static let capacityMax = 1 << 16
  static let capacityMin = 1 << 9

  private var capacity: Int
  private var records: UnsafeMutablePointer<SentPacket>
  private var snapshots: UnsafeMutablePointer<SendSnapshot>
  /// The number of the next packet.
  package private(set) var next: UInt64 = 0
  /// Below it nothing is outstanding.
  package private(set) var oldest: UInt64 = 0
  package private(set) var outstandingCount = 0

  package init() {
    capacity = Self.capacityMin
    records = .allocate(capacity: capacity)
    snapshots = .allocate(capacity: capacity)
    Self.clear(records, capacity)
  }

  deinit {
    records.deallocate()
    snapshots.deallocate()
  }

  private static func clear(_ records: UnsafeMutablePointer<SentPacket>, _ capacity: Int) {
    var empty = SentPacket(number: .max, sentAt: 0)
    empty.state = .untracked
    records.initialize(repeating: empty, count: capacity)
  }

  /// There is no room for a packet and for a number that is left out before it.
  package var isFull: Bool { next - oldest >= UInt64(Self.capacityMax - 2) }

  private func slot(_ number: UInt64) -> Int { Int(truncatingIfNeeded: number) & (capacity - 1) }

  /// Nil when the ring has forgotten it.
  package func packet(_ number: UInt64) -> SentPacket? {
    let record = records[slot(number)]
    return record.number == number ? record : nil
  }

  package func state(_ number: UInt64) -> SentPacket.State? {
    let slot = slot(number)
    return records[slot].number == number ? records[slot].state : nil
  }

  /// Of a packet that is still in the ring and was outstanding.
  package func snapshot(_ number: UInt64) -> SendSnapshot { snapshots[slot(number)] }

  /// The number must be the next one.
  package mutating func append(_ packet: SentPacket, _ snapshot: SendSnapshot?) {
    precondition(packet.number == next && next - oldest < UInt64(Self.capacityMax - 1))
    if next - oldest >= UInt64(capacity - 1) { grow() }
    let slot = slot(next)
    records[slot] = packet
    if let snapshot { (snapshots + slot).initialize(to: snapshot) }
    if packet.state == .outstanding {
      outstandingCount += 1
    }
    next += 1
    if outstandingCount == 0 { oldest = next }
  }

  /// Leaves the next number out.
  package mutating func skip(at time: UInt64) {
    var packet = SentPacket(number: next, sentAt: time)
    packet.state = .skipped
    append(packet, nil)
  }

  /// An outstanding packet becomes what it turned out to be. The caller moves `oldest` on with
  /// `settle` when it is through.
  package mutating func resolve(_ number: UInt64, as state: SentPacket.State) {
    let slot = slot(number)
    precondition(records[slot].number == number)
    if records[slot].state == .outstanding { outstandingCount -= 1 }
    records[slot].state = state
  }

  package mutating func settle() {
    if outstandingCount == 0 {
      oldest = next
      return
    }
    while oldest < next, records[slot(oldest)].state != .outstanding { oldest += 1 }
  }

  private mutating func grow() {
    let newCapacity = capacity * 2
    let newRecords = UnsafeMutablePointer<SentPacket>.allocate(capacity: newCapacity)
    let newSnapshots = UnsafeMutablePointer<SendSnapshot>.allocate(capacity: newCapacity)
    Self.clear(newRecords, newCapacity)
    for old in 0..<capacity where records[old].number != .max {
      let new = Int(truncatingIfNeeded: records[old].number) & (newCapacity - 1)
      newRecords[new] = records[old]
      (newSnapshots + new).update(from: snapshots + old, count: 1)
    }
    records.deallocate()
    snapshots.deallocate()
    (capacity, records, snapshots) = (newCapacity, newRecords, newSnapshots)
  }
}
