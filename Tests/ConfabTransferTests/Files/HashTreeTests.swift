import ConfabTransfer
import Crypto
import Primitives
import Testing

@Suite struct HashTreeTests {
  /// The definition of RFC 6962 §2.1, word for word.
  private func top(_ leaves: ArraySlice<ContentHash>) -> ContentHash? {
    guard leaves.count > 1 else { return leaves.first }
    var split = 1
    while split * 2 < leaves.count { split *= 2 }
    let middle = leaves.startIndex + split
    guard let left = top(leaves[..<middle]), let right = top(leaves[middle...]) else { return nil }
    return hash([1] + left.bytes + right.bytes)
  }

  private func hash(_ bytes: [UInt8]) -> ContentHash? {
    var hasher = SHA256()
    bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    return ContentHash(Array(hasher.finalize()))
  }

  @Test(arguments: 0...33)
  func rootIsTheOneOfTheDefinition(_ count: Int) throws {
    var random = SeededRandom(seed: UInt64(count))
    let leaves = try (0..<count).map { _ in
      try #require(ContentHash([UInt8].random(count: 32, using: &random)))
    }
    var hasher = RootHasher()
    for leaf in leaves { hasher.add(leaf) }
    let length: [UInt8] = [0, 0, 0, 0, 0, 0, 3, UInt8(count)]
    let expected = hash([2] + length + (top(leaves[...])?.bytes ?? []))
    #expect(hasher.root(contentBytes: 768 + UInt64(count)) == expected)
    // Bound to the size.
    #expect(hasher.root(contentBytes: 769 + UInt64(count)) != expected)
  }

  @Test func leavesAndNodesAreApart() {
    let bytes = [UInt8](repeating: 5, count: 64)
    let leaf = bytes.withUnsafeBytes { HashTree.leaf($0) }
    #expect(leaf == hash([0] + bytes))
    #expect(leaf != hash([1] + bytes))
  }

  /// Pieces of any size, holes among them, and a last leaf that is short.
  @Test(arguments: 0..<20)
  func hashesLeavesWhateverThePieces(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let count = Int.random(in: 1...5_000, using: &random)
    var content = [UInt8].random(count: count, using: &random)
    let hole = Int.random(in: 0..<count, using: &random)
    for index in hole..<min(count, hole + 1_500) { content[index] = 0 }
    let layout = LeafLayout(contentBytes: UInt64(count), leafBytes: 512)
    var hasher = LeafHasher(layout: layout)
    var found: [ContentHash] = []
    while hasher.offset < UInt64(count) {
      let start = Int(hasher.offset)
      let piece = content[start..<min(count, start + Int.random(in: 1...1_300, using: &random))]
      let keep: (UInt64, ContentHash) -> Void = { leaf, hash in
        #expect(leaf == UInt64(found.count))
        found.append(hash)
      }
      if piece.allSatisfy({ $0 == 0 }) {
        hasher.addZeros(UInt64(piece.count), found: keep)
      } else {
        piece.withUnsafeBytes { hasher.update($0, found: keep) }
      }
    }
    let expected = (0..<layout.leafCount).map { leaf in
      let range = layout.range(of: leaf)
      return content[Int(range.lowerBound)..<Int(range.upperBound)].withUnsafeBytes {
        HashTree.leaf($0)
      }
    }
    #expect(found == expected)
  }

  /// Sixteen terabytes of nothing are hashed by counting.
  @Test func holesAreNotHashed() {
    let layout = LeafLayout(contentBytes: 1 << 30)
    var hasher = LeafHasher(layout: layout)
    var leaves: Set<ContentHash> = []
    var count = 0
    hasher.addZeros(1 << 30) { _, hash in
      leaves.insert(hash)
      count += 1
    }
    #expect(count == 1_024)
    #expect(leaves == [HashTree.zeroLeaf(byteCount: FileLimits.leafBytes)])
  }

  @Test func digestsCrossFilesAndLeaves() throws {
    var random = SeededRandom(seed: 1)
    var builder = ManifestBuilder()
    let sizes: [UInt64] = [0, 700, 0, 0, 1, 2_000, 30, 0]
    for (index, size) in sizes.enumerated() {
      try builder.addFile(
        name: "f\(index)".utf8, size: size, mode: 0o644, modified: FileTime(seconds: 0))
    }
    let manifest = try builder.finish()
    let content = [UInt8].random(count: 2_731, using: &random)
    var digests = FileDigests(manifest)
    var found: [Int: ContentHash] = [:]
    for start in stride(from: 0, to: content.count, by: 333) {
      content[start..<min(start + 333, content.count)].withUnsafeBytes { bytes in
        digests.update(bytes) { found[$0] = $1 }
      }
    }
    #expect(found.keys.sorted() == [1, 4, 5, 6])
    for entry in found.keys {
      let range = manifest.content(of: entry)
      #expect(found[entry] == hash(Array(content[Int(range.lowerBound)..<Int(range.upperBound)])))
    }
    // As `sha256sum /dev/null` prints it.
    #expect(
      FileDigests.ofNothing.hex
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }
}
