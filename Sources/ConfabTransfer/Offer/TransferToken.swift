/// 16 random bytes that only those know who were told: they stand for a place at the relay, or for the
/// question where somebody is.
package struct TransferToken: Hashable, Sendable {
  package static let byteCount = 16

  /// The bytes as numbers, so that a table of them needs no arrays.
  private let high: UInt64
  private let low: UInt64

  /// Nil unless there are 16 bytes.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  package var bytes: [UInt8] {
    var writer = BlobWriter()
    writer.write(high)
    writer.write(low)
    return writer.bytes
  }
}
