/// What is kept for each SSRC of one direction, found without hashing more than once and bounded.
struct StreamTable {
  /// What happens to an SSRC for which there is no room.
  enum Overflow {
    /// It takes the place of the one that was silent for longest.
    case forgetOldest
    /// It gets none: whoever forgets what he encrypted would use a nonce twice.
    case refuse
  }

  private static let hintCount = 64

  private let countMax: Int
  private let overflow: Overflow
  private var identifiers: [UInt32] = []
  private var states: [PacketIndexes] = []
  /// Where an SSRC was found last, by its low bits.
  private var hints = [Int32](repeating: 0, count: hintCount)
  /// When each was used last, in packets.
  private var usedAt: [UInt64] = []
  private var packets: UInt64 = 0

  init(countMax: Int, overflow: Overflow) {
    self.countMax = countMax
    self.overflow = overflow
  }

  var count: Int { identifiers.count }

  /// The state of an SSRC, or that of one never heard.
  mutating func state(of ssrc: UInt32) -> PacketIndexes {
    place(of: ssrc).map { states[$0] } ?? PacketIndexes()
  }

  /// Whether the packet's index is new, without changing anything that counts.
  mutating func index(of ssrc: UInt32, sequence: UInt16) -> UInt64? {
    guard let place = place(of: ssrc) else { return UInt64(sequence) }
    guard let index = states[place].index(ofSequence: sequence),
      states[place].window.isNew(index)
    else { return nil }
    return index
  }

  mutating func isNew(_ index: UInt64, of ssrc: UInt32) -> Bool {
    place(of: ssrc).map { states[$0].window.isNew(index) } ?? true
  }

  /// - Returns: false when there is no room for one more SSRC.
  mutating func insert(_ index: UInt64, of ssrc: UInt32) -> Bool {
    guard let place = place(of: ssrc) ?? newPlace(for: ssrc) else { return false }
    states[place].window.insert(index)
    packets += 1
    usedAt[place] = packets
    return true
  }

  var isFull: Bool { identifiers.count >= countMax }

  mutating func knows(_ ssrc: UInt32) -> Bool { place(of: ssrc) != nil }

  private mutating func place(of ssrc: UInt32) -> Int? {
    let slot = Int(ssrc) & (Self.hintCount - 1)
    let hint = Int(hints[slot])
    if hint < identifiers.count, identifiers[hint] == ssrc { return hint }
    guard let found = identifiers.firstIndex(of: ssrc) else { return nil }
    hints[slot] = Int32(found)
    return found
  }

  private mutating func newPlace(for ssrc: UInt32) -> Int? {
    guard isFull else {
      identifiers.append(ssrc)
      states.append(PacketIndexes())
      usedAt.append(0)
      return identifiers.count - 1
    }
    guard overflow == .forgetOldest,
      let oldest = usedAt.indices.min(by: { usedAt[$0] < usedAt[$1] })
    else { return nil }
    identifiers[oldest] = ssrc
    states[oldest] = PacketIndexes()
    return oldest
  }
}
