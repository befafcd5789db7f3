/// Which packet of which stream went out under which number: what a viewer's NACK is answered from.
struct SentPackets: ~Copyable {
  struct Entry: RememberedPacket {
    var sequence: UInt64 = 0
    var source: UInt64 = 0
    /// For the last time.
    var sentAt: UInt64 = 0
    var timestampOffset: UInt32 = 0
    var upstream: Int32 = 0
    var pictureOffset: UInt16 = 0
    var tl0Offset: UInt8 = 0
    var keyOffset: UInt8 = 0
    var resends: UInt8 = 0
  }

  static let capacity = 512
  /// A line that loses one packet so often loses whatever else is sent.
  static let resendsMax: UInt8 = 3

  private var entries = RecentPackets<Entry>(
    capacityMax: Self.capacity, keptNanoseconds: PacketRing.keptNanoseconds)

  mutating func record(_ entry: Entry) { entries.record(entry) }

  func entry(_ sequence: UInt64) -> Entry? { entries.find(sequence)?.pointee }

  /// The packet is to be sent again now; nil when it is unknown, was sent again lately, or too often.
  mutating func resend(_ sequence: UInt64, interval: UInt64, at now: UInt64) -> Entry? {
    guard let entry = entries.find(sequence), entry.pointee.resends < Self.resendsMax,
      entry.pointee.resends == 0 || now >= entry.pointee.sentAt + interval
    else { return nil }
    entry.pointee.resends += 1
    entry.pointee.sentAt = now
    return entry.pointee
  }
}
