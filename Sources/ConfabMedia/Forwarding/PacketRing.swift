/// What is remembered of a received packet besides its bytes.
struct PacketRecord {
  /// Unwrapped; 0 for none.
  var sequence: UInt64 = 0
  var arrival: UInt64 = 0
  var slot = PacketSlot(number: 0)
  var timestamp: UInt32 = 0
  var payloadStart: UInt16 = 0
  var payloadBytes: UInt16 = 0
  var marker = false
  /// The first bytes of a picture that relies on no other; for sound always.
  var isStart = false
  var audioLevel: UInt8?
  var videoOrientation: UInt8?
  /// Nil for other codecs, and for a packet of VP8 without a payload.
  var vp8: VP8Descriptor?

  /// Sent by some browsers to fill the line: it has a number and nothing else.
  var isPaddingOnly: Bool { payloadBytes == 0 }
}

/// The packets of one stream that arrived lately, by number: what lost ones are sent again from.
struct PacketRing: ~Copyable {
  /// A second at 1,000 packets a second; 8 Mbit/s of full packets.
  static let capacity = 1_024
  /// Who has not asked by then has shown the picture without it.
  static let keptNanoseconds: UInt64 = 1_000_000_000

  private let records: UnsafeMutablePointer<PacketRecord>
  /// All numbers below are gone.
  private(set) var oldest: UInt64 = 0
  /// How many packets are kept.
  private(set) var count = 0
  private var lastArrival: UInt64 = 0

  init() {
    records = .allocate(capacity: Self.capacity)
    records.initialize(repeating: PacketRecord(), count: Self.capacity)
  }

  deinit { records.deallocate() }

  @inline(__always)
  func record(_ sequence: UInt64) -> UnsafePointer<PacketRecord>? {
    let place = records + Int(sequence & UInt64(Self.capacity - 1))
    return place.pointee.sequence == sequence && sequence != 0 ? UnsafePointer(place) : nil
  }

  /// - Returns: false for one that is there already, or too old for the ring; its slot is then still
  ///   the caller's.
  mutating func store(
    _ record: PacketRecord, highest: UInt64, slab: inout PacketSlab
  ) -> Bool {
    let sequence = record.sequence
    if oldest == 0 { oldest = sequence }
    guard sequence + UInt64(Self.capacity) > highest else { return false }
    forget(before: highest + 1 - min(highest + 1, UInt64(Self.capacity)), slab: &slab)
    forget(olderThan: record.arrival, to: highest, slab: &slab)
    let place = records + Int(sequence & UInt64(Self.capacity - 1))
    guard place.pointee.sequence == 0 else { return false }
    place.pointee = record
    count += 1
    lastArrival = record.arrival
    if sequence < oldest { oldest = sequence }
    return true
  }

  /// Gives all back when the stream has stopped: nothing that arrives does it then.
  mutating func expire(slab: inout PacketSlab, at now: UInt64) {
    if count > 0, lastArrival + Self.keptNanoseconds < now { removeAll(slab: &slab) }
  }

  /// Gives the oldest packet back before its time.
  mutating func forgetFirst(slab: inout PacketSlab) {
    let before = count
    while count > 0, count == before { forgetOldest(&slab) }
  }

  private mutating func forget(before sequence: UInt64, slab: inout PacketSlab) {
    // A jump of the sequence leaves no more than the whole ring to be emptied.
    if sequence > oldest, sequence - oldest > UInt64(Self.capacity) {
      removeAll(slab: &slab)
      oldest = sequence
    }
    while oldest < sequence { forgetOldest(&slab) }
  }

  private mutating func forget(
    olderThan now: UInt64, to highest: UInt64, slab: inout PacketSlab
  ) {
    while oldest < highest {
      if let first = record(oldest) {
        guard first.pointee.arrival + Self.keptNanoseconds < now else { return }
      }
      // What never came is passed over with its neighbours.
      guard record(oldest) != nil || oldest + 64 < highest else { return }
      forgetOldest(&slab)
    }
  }

  private mutating func forgetOldest(_ slab: inout PacketSlab) {
    let place = records + Int(oldest & UInt64(Self.capacity - 1))
    if place.pointee.sequence == oldest {
      slab.giveBack(place.pointee.slot)
      place.pointee.sequence = 0
      count -= 1
    }
    oldest += 1
  }

  mutating func removeAll(slab: inout PacketSlab) {
    for index in 0..<Self.capacity where records[index].sequence != 0 {
      slab.giveBack(records[index].slot)
      records[index].sequence = 0
    }
    oldest = 0
    count = 0
  }
}
