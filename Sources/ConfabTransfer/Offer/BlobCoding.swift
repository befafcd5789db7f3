/// Writes numbers in network byte order, and bytes as they are.
struct BlobWriter {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8] = []) {
    self.bytes = bytes
  }

  mutating func write(_ value: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  mutating func write(_ more: [UInt8]) {
    bytes += more
  }

  /// - Parameter more: at most 255 bytes, behind their number.
  mutating func writeShort(_ more: [UInt8]) {
    write(UInt8(more.count))
    bytes += more
  }

  mutating func pad(to count: Int) {
    bytes += [UInt8](repeating: 0, count: count - bytes.count)
  }
}

/// Reads what `BlobWriter` wrote. What is not there, or not allowed, is `malformed`.
struct BlobReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  mutating func bytes(_ count: Int) throws(BlobError) -> [UInt8] {
    guard count <= rest.count else { throw .malformed }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func number<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type = Value.self
  ) throws(BlobError) -> Value {
    try bytes(Value.bitWidth / 8).reduce(0) { $0 << 8 | Value($1) }
  }

  /// Bytes behind their number, which is one byte.
  mutating func short() throws(BlobError) -> [UInt8] {
    try bytes(Int(number(UInt8.self)))
  }
}

enum BlobError: Error {
  case malformed
}
