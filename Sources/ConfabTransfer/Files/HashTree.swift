import Crypto

/// How the content stream falls into leaves.
package struct LeafLayout: Hashable, Sendable {
  package let contentBytes: UInt64
  /// `FileLimits.leafBytes` everywhere but in simulations, where small leaves make many cases.
  package let leafBytes: UInt64

  package init(contentBytes: UInt64, leafBytes: UInt64 = FileLimits.leafBytes) {
    precondition(leafBytes > 0)
    self.contentBytes = contentBytes
    self.leafBytes = leafBytes
  }

  package var leafCount: UInt64 {
    contentBytes / leafBytes + (contentBytes % leafBytes == 0 ? 0 : 1)
  }

  /// The bytes of one leaf.
  package func range(of leaf: UInt64) -> Range<UInt64> { range(of: leaf..<leaf + 1) }

  /// The bytes of leaves in a row.
  package func range(of leaves: Range<UInt64>) -> Range<UInt64> {
    let lower = min(leaves.lowerBound * leafBytes, contentBytes)
    return lower..<min(leaves.upperBound * leafBytes, contentBytes)
  }

  /// The leaves that a range of bytes touches.
  package func leaves(touching range: Range<UInt64>) -> Range<UInt64> {
    range.blocks(of: leafBytes)
  }

  /// The leaves of which every byte is in the range.
  package func leaves(within range: Range<UInt64>) -> Range<UInt64> {
    let first = (range.lowerBound + leafBytes - 1) / leafBytes
    let end = range.upperBound >= contentBytes ? leafCount : range.upperBound / leafBytes
    return first..<max(first, end)
  }
}

/// The Merkle tree over the content: the shape of RFC 6962 §2.1, whose first byte keeps leaves and
/// nodes apart, under a root that also says how long the content is.
///
///     leaf = SHA-256(0x00 ‖ bytes)    node = SHA-256(0x01 ‖ left ‖ right)
///     root = SHA-256(0x02 ‖ content's length, 8 bytes ‖ top)
package enum HashTree {
  package static let leafPrefix: UInt8 = 0
  static let nodePrefix: UInt8 = 1
  static let rootPrefix: UInt8 = 2

  package static func leaf(_ bytes: UnsafeRawBufferPointer) -> ContentHash {
    var hash = LeafHash()
    hash.update(bytes)
    return hash.finish()
  }

  static func node(_ left: ContentHash, _ right: ContentHash) -> ContentHash {
    var hasher = SHA256()
    hasher.update(prefix: nodePrefix)
    hasher.update(left)
    hasher.update(right)
    return hasher.finish()
  }

  /// The leaf of nothing but zeros, which holes make by the thousand: it is hashed once.
  package static func zeroLeaf(byteCount: UInt64) -> ContentHash {
    byteCount == FileLimits.leafBytes ? fullZeroLeaf : hashZeros(byteCount)
  }

  private static let fullZeroLeaf = hashZeros(FileLimits.leafBytes)

  private static func hashZeros(_ byteCount: UInt64) -> ContentHash {
    var hasher = SHA256()
    hasher.update(prefix: leafPrefix)
    hasher.updateZeros(byteCount)
    return hasher.finish()
  }
}

/// The hash of one leaf, from its bytes as they come.
package struct LeafHash {
  private var hasher = SHA256()

  package init() {
    hasher.update(prefix: HashTree.leafPrefix)
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hasher.update(bufferPointer: bytes)
  }

  package mutating func finish() -> ContentHash { hasher.finish() }
}

/// Makes the root from the leaves in their order, keeping only the roots of complete subtrees: 44
/// hashes at most, however long the content is.
package struct RootHasher: Sendable {
  /// Complete subtrees, the largest first; no two have the same size.
  private var subtrees: [(leaves: UInt64, hash: ContentHash)] = []
  package private(set) var leafCount: UInt64 = 0

  package init() {}

  package mutating func add(_ leaf: ContentHash) {
    var added: (leaves: UInt64, hash: ContentHash) = (1, leaf)
    while let last = subtrees.last, last.leaves == added.leaves {
      added = (added.leaves * 2, HashTree.node(last.hash, added.hash))
      subtrees.removeLast()
    }
    subtrees.append(added)
    leafCount += 1
  }

  package func root(contentBytes: UInt64) -> ContentHash {
    var hasher = SHA256()
    hasher.update(prefix: HashTree.rootPrefix)
    hasher.update(contentBytes)
    if var top = subtrees.last?.hash {
      for subtree in subtrees.dropLast().reversed() { top = HashTree.node(subtree.hash, top) }
      hasher.update(top)
    }
    return hasher.finish()
  }
}

extension SHA256 {
  mutating func update(prefix: UInt8) {
    withUnsafeBytes(of: prefix) { update(bufferPointer: $0) }
  }

  mutating func updateZeros(_ byteCount: UInt64) {
    var left = byteCount
    zeroBlock.withUnsafeBytes { zeros in
      while left > 0 {
        let count = Int(min(left, UInt64(zeros.count)))
        update(bufferPointer: UnsafeRawBufferPointer(rebasing: zeros[..<count]))
        left -= UInt64(count)
      }
    }
  }
}

private let zeroBlock = [UInt8](repeating: 0, count: 65_536)
