/// Memory for received packets, in slots of one size that are named by their number.
///
/// A slot has one owner at a time: `take` gives it to the driver, `MediaRoom.receiveRTP` takes it over,
/// and whoever owns it when it is of no use calls `giveBack`. What lies in a slot stays where it is, so
/// that every viewer's copy is sealed straight out of it.
///
/// One for each media thread. Memory is taken from the system in chunks as rooms need it, and kept.
package struct PacketSlab: ~Copyable {
  /// Room for any datagram that comes through the internet's usual 1,500 bytes, tag included.
  package static let slotBytes = 1_536
  static let slotsInChunk = 512

  private let slotsMax: Int
  private var chunks: [UnsafeMutableRawPointer] = []
  /// Slots that nobody owns; the storage is for all of them.
  private let free: UnsafeMutablePointer<PacketSlot>
  private var freeCount = 0

  /// - Parameter slotsMax: rounded up to whole chunks of 512.
  package init(slotsMax: Int) {
    let chunksMax = (slotsMax + Self.slotsInChunk - 1) / Self.slotsInChunk
    self.slotsMax = chunksMax * Self.slotsInChunk
    free = .allocate(capacity: self.slotsMax)
    chunks.reserveCapacity(chunksMax)
  }

  deinit {
    for chunk in chunks { chunk.deallocate() }
    free.deallocate()
  }

  package var slotsInUse: Int { chunks.count * Self.slotsInChunk - freeCount }

  package var slotsFree: Int { slotsMax - slotsInUse }

  /// Nil when all slots are in use: drop the packet.
  package mutating func take() -> PacketSlot? {
    if freeCount == 0 { grow() }
    guard freeCount > 0 else { return nil }
    freeCount -= 1
    return free[freeCount]
  }

  package mutating func giveBack(_ slot: PacketSlot) {
    precondition(freeCount < chunks.count * Self.slotsInChunk)
    free[freeCount] = slot
    freeCount += 1
  }

  /// All of a slot's memory; it is aligned to 64 bytes.
  @inline(__always)
  package func bytes(_ slot: PacketSlot) -> UnsafeMutableRawBufferPointer {
    let number = Int(slot.number)
    return UnsafeMutableRawBufferPointer(
      start: chunks[number / Self.slotsInChunk] + number % Self.slotsInChunk * Self.slotBytes,
      count: Self.slotBytes)
  }

  private mutating func grow() {
    let first = chunks.count * Self.slotsInChunk
    guard first < slotsMax else { return }
    chunks.append(
      .allocate(byteCount: Self.slotsInChunk * Self.slotBytes, alignment: 64))
    for number in (first..<first + Self.slotsInChunk).reversed() {
      free[freeCount] = PacketSlot(number: UInt32(number))
      freeCount += 1
    }
  }
}

/// The place of one packet in the slab.
package struct PacketSlot: Hashable, Sendable {
  package let number: UInt32
}
