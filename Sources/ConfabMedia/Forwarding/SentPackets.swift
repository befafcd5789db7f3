/// Which packet of which stream went out under which number: what a viewer's NACK is answered from.
struct SentPackets: ~Copyable {
  struct Entry {
    /// Unwrapped; 0 for none.
    var sequence: UInt64 = 0
    var source: UInt64 = 0
    var upstream: Int32 = 0
    var timestampOffset: UInt32 = 0
    var pictureOffset: UInt16 = 0
    var tl0Offset: UInt8 = 0
    var keyOffset: UInt8 = 0
    var resends: UInt8 = 0
    var resentAt: UInt64 = 0
  }

  static let capacity = 512
  /// A line that loses one packet so often loses whatever else is sent.
  static let resendsMax: UInt8 = 3

  private let entries: UnsafeMutablePointer<Entry>

  init() {
    entries = .allocate(capacity: Self.capacity)
    entries.initialize(repeating: Entry(), count: Self.capacity)
  }

  deinit { entries.deallocate() }

  mutating func record(_ entry: Entry) {
    entries[Int(entry.sequence & UInt64(Self.capacity - 1))] = entry
  }

  func entry(_ sequence: UInt64) -> Entry? {
    let entry = entries[Int(sequence & UInt64(Self.capacity - 1))]
    return entry.sequence == sequence && sequence != 0 ? entry : nil
  }

  /// The packet is to be sent again now; nil when it is unknown, was sent again lately, or too often.
  mutating func resend(_ sequence: UInt64, interval: UInt64, at now: UInt64) -> Entry? {
    let index = Int(sequence & UInt64(Self.capacity - 1))
    guard sequence != 0, entries[index].sequence == sequence,
      entries[index].resends < Self.resendsMax,
      entries[index].resends == 0 || now >= entries[index].resentAt + interval
    else { return nil }
    entries[index].resends += 1
    entries[index].resentAt = now
    return entries[index]
  }
}
