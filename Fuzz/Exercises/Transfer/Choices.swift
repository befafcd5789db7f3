// Larger choices out of a fuzzer's bytes.
extension ByteFeed {
  mutating func number16() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }

  mutating func number64() -> UInt64 {
    (0..<8).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
  }

  /// Mostly small, sometimes anything: limits are near the one or the other.
  mutating func number() -> UInt64 {
    switch choice(of: 8) {
    case 0: number64()
    case 1: number64() >> 2
    case 2, 3: UInt64(number16()) << 8 | UInt64(byte())
    default: UInt64(number16())
    }
  }

  mutating func range(below end: UInt64) -> Range<UInt64> {
    let lower = number() % max(end, 1)
    return lower..<min(end, lower + number() % max(end, 1) + 1)
  }

  mutating func isChosen(oneIn count: Int) -> Bool { choice(of: count) == 0 }
}
