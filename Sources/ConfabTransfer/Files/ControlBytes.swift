/// Writes the bodies of control messages. Integers are of variable length (RFC 9000 §16).
struct ControlWriter {
  private(set) var bytes: [UInt8] = []

  /// The largest that the two bits for the length leave room for.
  static let numberMax: UInt64 = 1 << 62 - 1
  /// What a zigzag number may reach on either side of zero.
  static let signedMax: UInt64 = 1 << 61

  mutating func write(_ number: UInt64) {
    precondition(number <= Self.numberMax)
    switch number {
    case 0..<1 << 6: write(number, byteCount: 1, tag: 0)
    case 0..<1 << 14: write(number, byteCount: 2, tag: 1)
    case 0..<1 << 30: write(number, byteCount: 4, tag: 2)
    default: write(number, byteCount: 8, tag: 3)
    }
  }

  mutating func write(signed number: Int64) {
    write(UInt64(bitPattern: number << 1 ^ number >> 63))
  }

  mutating func write(bytes more: some Sequence<UInt8>) {
    bytes.append(contentsOf: more)
  }

  mutating func write(_ hash: ContentHash) {
    hash.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  private mutating func write(_ number: UInt64, byteCount: Int, tag: UInt8) {
    for index in 0..<byteCount {
      let byte = UInt8(truncatingIfNeeded: number >> UInt64(8 * (byteCount - 1 - index)))
      bytes.append(index == 0 ? byte | tag << 6 : byte)
    }
  }
}

/// Reads what `ControlWriter` writes. Whatever does not fit is the peer's fault.
struct ControlReader {
  private let all: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { all = bytes }

  var isAtEnd: Bool { position == all.count }
  var remaining: Int { all.count - position }

  mutating func number(upTo max: UInt64 = ControlWriter.numberMax) throws(FileFailure) -> UInt64 {
    guard position < all.count else { throw .malformed("A message is too short.") }
    let byteCount = 1 << Int(all[position] >> 6)
    var number = UInt64(all[position] & 0x3F)
    guard all.count - position >= byteCount else { throw .malformed("A message is too short.") }
    for index in 1..<byteCount { number = number << 8 | UInt64(all[position + index]) }
    position += byteCount
    guard number <= max else { throw .malformed("A number is too large.") }
    return number
  }

  mutating func signedNumber() throws(FileFailure) -> Int64 {
    let number = try number()
    return Int64(number >> 1) ^ -Int64(number & 1)
  }

  mutating func bytes(_ count: Int) throws(FileFailure) -> ArraySlice<UInt8> {
    guard count <= all.count - position else { throw .malformed("A message is too short.") }
    defer { position += count }
    return all[position..<position + count]
  }

  mutating func hash() throws(FileFailure) -> ContentHash {
    guard let hash = ContentHash(try bytes(ContentHash.byteCount)) else {
      throw .malformed("A hash is too short.")
    }
    return hash
  }

  /// What is left, without checking it.
  mutating func rest() -> ArraySlice<UInt8> {
    defer { position = all.count }
    return all[position...]
  }
}
