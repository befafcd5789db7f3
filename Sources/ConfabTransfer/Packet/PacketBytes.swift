/// A cursor over the bytes of a packet.
///
/// What is not there reads as zero and sets `isTruncated`, so that a parser checks once at the end of
/// a frame instead of at every field; no position ever leaves the packet.
package struct PacketReader {
  private let base: UnsafeRawPointer
  package private(set) var position: Int
  package let end: Int
  package private(set) var isTruncated = false

  package init(_ bytes: UnsafeRawBufferPointer) {
    // An empty buffer may have no address; nothing is ever read from this one then.
    base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    position = 0
    end = bytes.count
  }

  package var remaining: Int { end - position }

  package mutating func skip(_ count: Int) {
    guard count >= 0, count <= remaining else {
      isTruncated = true
      position = end
      return
    }
    position += count
  }

  package mutating func byte() -> UInt8 {
    guard remaining >= 1 else { return truncated() }
    defer { position += 1 }
    return base.load(fromByteOffset: position, as: UInt8.self)
  }

  package mutating func uint16() -> UInt16 {
    guard remaining >= 2 else { return truncated() }
    defer { position += 2 }
    return UInt16(bigEndian: base.loadUnaligned(fromByteOffset: position, as: UInt16.self))
  }

  package mutating func uint64() -> UInt64 {
    guard remaining >= 8 else { return truncated() }
    defer { position += 8 }
    return UInt64(bigEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  /// 40 bits.
  package mutating func uint40() -> UInt64 {
    guard remaining >= 5 else { return truncated() }
    defer { position += 5 }
    let high = base.load(fromByteOffset: position, as: UInt8.self)
    let low = base.loadUnaligned(fromByteOffset: position + 1, as: UInt32.self)
    return UInt64(high) << 32 | UInt64(UInt32(bigEndian: low))
  }

  /// A variable-length integer (RFC 9000 §16).
  package mutating func integer() -> UInt64 {
    let first = byte()
    var value = UInt64(first & 0x3F)
    var more = 1 << Int(first >> 6) - 1
    while more > 0 {
      value = value << 8 | UInt64(byte())
      more -= 1
    }
    return value
  }

  private mutating func truncated<Value: FixedWidthInteger>() -> Value {
    isTruncated = true
    position = end
    return 0
  }
}

/// A cursor that fills a packet. Whoever writes asks `remaining` first: running over is our own
/// mistake and stops the program.
package struct PacketWriter {
  private let base: UnsafeMutableRawPointer
  package private(set) var position: Int
  package let end: Int

  package init(_ base: UnsafeMutableRawPointer, from position: Int = 0, to end: Int) {
    precondition(position >= 0 && position <= end)
    self.base = base
    self.position = position
    self.end = end
  }

  package var remaining: Int { end - position }
  package var place: UnsafeMutableRawPointer { base + position }

  package mutating func skip(_ count: Int) {
    precondition(count >= 0 && count <= remaining)
    position += count
  }

  package mutating func byte(_ value: UInt8) {
    precondition(remaining >= 1)
    base.storeBytes(of: value, toByteOffset: position, as: UInt8.self)
    position += 1
  }

  package mutating func uint16(_ value: UInt16) {
    precondition(remaining >= 2)
    base.storeBytes(of: value.bigEndian, toByteOffset: position, as: UInt16.self)
    position += 2
  }

  package mutating func uint64(_ value: UInt64) {
    precondition(remaining >= 8)
    base.storeBytes(of: value.bigEndian, toByteOffset: position, as: UInt64.self)
    position += 8
  }

  package mutating func uint40(_ value: UInt64) {
    byte(UInt8(truncatingIfNeeded: value >> 32))
    precondition(remaining >= 4)
    let low = UInt32(truncatingIfNeeded: value)
    base.storeBytes(of: low.bigEndian, toByteOffset: position, as: UInt32.self)
    position += 4
  }

  /// A variable-length integer (RFC 9000 §16), at most 2^62−1.
  package mutating func integer(_ value: UInt64) {
    switch Self.integerBytes(value) {
    case 1: byte(UInt8(truncatingIfNeeded: value))
    case 2: uint16(UInt16(truncatingIfNeeded: value) | 0x4000)
    case 4:
      uint16(UInt16(truncatingIfNeeded: value >> 16) | 0x8000)
      uint16(UInt16(truncatingIfNeeded: value))
    default: uint64(value | 0xC000_0000_0000_0000)
    }
  }

  package mutating func zeros(_ count: Int) {
    precondition(count >= 0 && count <= remaining)
    UnsafeMutableRawBufferPointer(start: place, count: count).initializeMemory(
      as: UInt8.self, repeating: 0)
    position += count
  }

  package mutating func bytes(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count <= remaining)
    UnsafeMutableRawBufferPointer(start: place, count: bytes.count).copyMemory(from: bytes)
    position += bytes.count
  }

  package static func integerBytes(_ value: UInt64) -> Int {
    if value < 1 << 6 { return 1 }
    if value < 1 << 14 { return 2 }
    return value < 1 << 30 ? 4 : 8
  }
}
