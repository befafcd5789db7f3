import Crypto
import Primitives

/// A SHA-256 value, kept without a heap allocation: transfers hold thousands of them.
package struct ContentHash: Hashable, Sendable {
  package static let byteCount = 32

  private var words: (UInt64, UInt64, UInt64, UInt64)

  /// - Parameter bytes: exactly 32.
  package init(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count == Self.byteCount)
    words = (
      bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
      bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
      bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    )
  }

  /// Nil when these are not 32 bytes.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    let array = Array(bytes)
    self = array.withUnsafeBytes { ContentHash($0) }
  }

  /// A value that nothing hashes to, for places that are not filled yet.
  package init(repeating byte: UInt8) {
    let word = UInt64(byte) &* 0x0101_0101_0101_0101
    words = (word, word, word, word)
  }

  init(_ digest: SHA256.Digest) {
    self = digest.withUnsafeBytes { ContentHash($0) }
  }

  package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  package var hex: String { bytes.hex }

  package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Swift.withUnsafeBytes(of: words, body)
  }

  package static func == (a: ContentHash, b: ContentHash) -> Bool { a.words == b.words }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
  }
}

extension ContentHash: CustomStringConvertible {
  package var description: String { hex }
}

extension SHA256 {
  mutating func update(bytes: [UInt8]) {
    bytes.withUnsafeBytes { update(bufferPointer: $0) }
  }

  mutating func update(_ hash: ContentHash) {
    hash.withUnsafeBytes { update(bufferPointer: $0) }
  }

  mutating func update(_ number: UInt64) {
    Swift.withUnsafeBytes(of: number.bigEndian) { update(bufferPointer: $0) }
  }

  mutating func finish() -> ContentHash { ContentHash(finalize()) }
}
