import Primitives

/// Makes choices out of a fuzzer's bytes.
struct ByteFeed {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isEmpty: Bool { rest.isEmpty }

  /// Zero when there are no more bytes.
  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func choice(of count: Int) -> Int { Int(byte()) % count }

  /// As many bytes as there are, up to `count`.
  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }
}
