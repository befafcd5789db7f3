/// Numbers in network byte order, most significant byte first.
extension Array where Element == UInt8 {
  func word(at index: Int) -> UInt16? {
    guard index >= 0, index + 2 <= count else { return nil }
    return UInt16(self[index]) << 8 | UInt16(self[index + 1])
  }

  func long(at index: Int) -> UInt32? {
    guard let high = word(at: index), let low = word(at: index + 2) else { return nil }
    return UInt32(high) << 16 | UInt32(low)
  }

  mutating func append(word: UInt16) {
    append(UInt8(truncatingIfNeeded: word >> 8))
    append(UInt8(truncatingIfNeeded: word))
  }

  mutating func append(long: UInt32) {
    append(word: UInt16(truncatingIfNeeded: long >> 16))
    append(word: UInt16(truncatingIfNeeded: long))
  }

  mutating func set(word: UInt16, at index: Int) {
    self[index] = UInt8(truncatingIfNeeded: word >> 8)
    self[index + 1] = UInt8(truncatingIfNeeded: word)
  }
}
