import Crypto

/// Hashes the content stream as it is read, leaf by leaf: what the presenter's hash thread runs, and
/// the recipient's for the leaves that it reads back.
///
/// Give it the bytes in order, in pieces of any size; a leaf may begin in one file and end in the
/// next.
package struct LeafHasher {
  private let layout: LeafLayout
  private let zeroLeaf: ContentHash
  private var hasher: SHA256?
  /// Zeros at the start of the leaf that are counted but not hashed yet: a leaf of nothing else
  /// costs nothing.
  private var zerosHeld: UInt64 = 0
  /// The next byte of the content.
  package private(set) var offset: UInt64

  /// - Parameter leaf: the first that is hashed.
  package init(layout: LeafLayout, from leaf: UInt64 = 0) {
    self.layout = layout
    offset = layout.range(of: leaf).lowerBound
    zeroLeaf = HashTree.zeroLeaf(byteCount: layout.leafBytes)
  }

  /// The next bytes. `found` gets every leaf that they complete.
  package mutating func update(
    _ bytes: UnsafeRawBufferPointer, found: (_ leaf: UInt64, _ hash: ContentHash) -> Void
  ) {
    precondition(UInt64(bytes.count) <= layout.contentBytes - offset, "more than the content has")
    var rest = bytes
    while !rest.isEmpty {
      let count = Int(min(UInt64(rest.count), leafEnd - offset))
      var hasher = startedHasher()
      hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      self.hasher = hasher
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      advance(UInt64(count), found: found)
    }
  }

  /// The next bytes are zeros: a hole, which nobody needs to read.
  package mutating func addZeros(
    _ byteCount: UInt64, found: (_ leaf: UInt64, _ hash: ContentHash) -> Void
  ) {
    precondition(byteCount <= layout.contentBytes - offset, "more than the content has")
    var left = byteCount
    while left > 0 {
      let count = min(left, leafEnd - offset)
      if hasher == nil { zerosHeld += count } else { hasher?.updateZeros(count) }
      left -= count
      advance(count, found: found)
    }
  }

  private var leafEnd: UInt64 { layout.range(of: offset / layout.leafBytes).upperBound }

  private mutating func startedHasher() -> SHA256 {
    if let hasher { return hasher }
    var hasher = SHA256()
    hasher.update(prefix: HashTree.leafPrefix)
    hasher.updateZeros(zerosHeld)
    zerosHeld = 0
    return hasher
  }

  private mutating func advance(
    _ byteCount: UInt64, found: (_ leaf: UInt64, _ hash: ContentHash) -> Void
  ) {
    let leaf = offset / layout.leafBytes
    let end = leafEnd
    offset += byteCount
    guard offset == end else { return }
    if zerosHeld == layout.leafBytes {
      zerosHeld = 0
      return found(leaf, zeroLeaf)
    }
    var hasher = startedHasher()
    self.hasher = nil
    found(leaf, hasher.finish())
  }
}
