import Crypto

/// The plain SHA-256 of each file, as `sha256sum` prints it, from the same reading of the content.
///
/// Give it the bytes that the leaf hasher gets. Files without content are passed over: everybody
/// knows their digest.
package struct FileDigests {
  private let manifest: Manifest
  /// The entry that the next byte belongs to, or the end.
  private var entry: Int
  /// How much of it was digested.
  private var digested: UInt64 = 0
  private var hasher = SHA256()

  package init(_ manifest: Manifest) {
    self.manifest = manifest
    entry = manifest.nextFileWithContent(from: 0)
  }

  /// Of a file without content.
  package static let ofNothing: ContentHash = {
    var hasher = SHA256()
    return hasher.finish()
  }()

  package mutating func update(
    _ bytes: UnsafeRawBufferPointer, found: (_ entry: Int, _ hash: ContentHash) -> Void
  ) {
    var rest = bytes
    while !rest.isEmpty, entry < manifest.count {
      let count = Int(min(UInt64(rest.count), manifest.size(of: entry) - digested))
      hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      digested += UInt64(count)
      finishFile(found: found)
    }
  }

  package mutating func addZeros(
    _ byteCount: UInt64, found: (_ entry: Int, _ hash: ContentHash) -> Void
  ) {
    var left = byteCount
    while left > 0, entry < manifest.count {
      let count = min(left, manifest.size(of: entry) - digested)
      hasher.updateZeros(count)
      left -= count
      digested += count
      finishFile(found: found)
    }
  }

  private mutating func finishFile(found: (_ entry: Int, _ hash: ContentHash) -> Void) {
    guard digested == manifest.size(of: entry) else { return }
    found(entry, hasher.finish())
    hasher = SHA256()
    digested = 0
    entry = manifest.nextFileWithContent(from: entry + 1)
  }
}
