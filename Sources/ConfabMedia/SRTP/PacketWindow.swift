/// Which of a stream's latest packet indexes were used, so that each counts once (RFC 3711 §3.3.2).
///
/// 1,024 of them, because a key frame's packets can overtake each other by hundreds.
struct PacketWindow {
  static let size: UInt64 = 1_024
  private static let wordBits: UInt64 = 64

  /// One above the highest index used; zero when none was.
  private(set) var end: UInt64 = 0
  /// A ring of bits, by index modulo the size.
  private var words = InlineArray<16, UInt64>(repeating: 0)

  /// False for an index used before, and for one too old to tell.
  func isNew(_ index: UInt64) -> Bool {
    if index >= end { return true }
    // A word is cleared as a whole, so the oldest is not all there.
    guard end - index <= Self.size - Self.wordBits else { return false }
    return words[Self.word(index)] & Self.bit(index) == 0
  }

  /// Only after the packet was authenticated: a forged index must not move the window.
  mutating func insert(_ index: UInt64) {
    if index >= end {
      clear(upTo: index)
      end = index + 1
    }
    words[Self.word(index)] |= Self.bit(index)
  }

  /// Words that the window enters anew, at most all of them.
  private mutating func clear(upTo index: UInt64) {
    let last = index / Self.wordBits
    let first = end == 0 ? 0 : (end - 1) / Self.wordBits + 1
    guard last >= first else { return }
    for offset in 0..<min(last - first + 1, Self.size / Self.wordBits) {
      words[Self.word((last - offset) * Self.wordBits)] = 0
    }
  }

  private static func word(_ index: UInt64) -> Int { Int(index / wordBits % (size / wordBits)) }
  private static func bit(_ index: UInt64) -> UInt64 { 1 << (index % wordBits) }
}

/// The packets of one SSRC: which were used, and what the next sequence number stands for.
struct PacketIndexes {
  private static let sequenceCount: UInt64 = 1 << 16
  private static let half: UInt64 = 1 << 15

  var window = PacketWindow()

  /// The 48-bit index nearest to the highest one so far that has this sequence number
  /// (RFC 3711 §3.3.1 and appendix A). Nil where it would be before the beginning.
  func index(ofSequence sequence: UInt16) -> UInt64? {
    guard window.end > 0 else { return UInt64(sequence) }
    let highest = window.end - 1
    let rollover = highest & ~(Self.sequenceCount - 1)
    let (here, last) = (UInt64(sequence), highest & (Self.sequenceCount - 1))
    if here + Self.half < last { return rollover + Self.sequenceCount + here }
    guard last + Self.half < here else { return rollover + here }
    return rollover == 0 ? nil : rollover - Self.sequenceCount + here
  }
}
