import ConfabTransfer

/// What a peer may say on the control stream, in its right form, whether it has a place there or not.
///
/// - Parameters:
///   - hash: what the leaves before `end` have in truth.
func message(_ feed: inout ByteFeed, leaves: [ContentHash], root: ContentHash) -> ControlMessage {
  let first = feed.number() % UInt64(leaves.count + 2)
  switch feed.choice(of: 16) {
  case 0, 1, 2:
    let end = min(leaves.count, Int(first) + 1 + feed.choice(of: leaves.count + 1))
    let hashes = Array(leaves[min(Int(first), leaves.count)..<end])
    return .leafHashes(
      first: first, hashes.isEmpty ? [ContentHash(repeating: feed.byte())] : hashes)
  case 3: return .leafHashes(first: first, [ContentHash(repeating: feed.byte())])
  case 4: return .zeroLeaves(first: first, count: feed.number() % 8)
  case 5: return .holes(ranges(&feed))
  case 6: return .fileDigests(first: first, [ContentHash(repeating: feed.byte())])
  case 7: return .finish(root: feed.isChosen(oneIn: 3) ? ContentHash(repeating: 1) : root)
  case 8: return .have(ranges(&feed), isLast: feed.isChosen(oneIn: 2))
  case 9: return .again(ranges(&feed))
  case 10: return .complete(root: feed.isChosen(oneIn: 3) ? ContentHash(repeating: 1) : root)
  case 11: return .pause(.diskFull)
  case 12: return .resume
  case 13: return .sourceChanged(entry: feed.number() >> 2)
  case 14: return .thanks
  default: return .failed(FileFailure(.other, "so"))
  }
}

private func ranges(_ feed: inout ByteFeed) -> [Range<UInt64>] {
  var ranges: [Range<UInt64>] = []
  var end: UInt64 = 0
  for _ in 0..<feed.choice(of: 4) {
    let start = end + feed.number() % 300
    end = start + 1 + feed.number() % 300
    ranges.append(start..<end)
  }
  return ranges
}

/// Three files, one of them empty, in a folder and outside of it.
func smallManifest() -> Manifest {
  var builder = ManifestBuilder()
  let time = FileTime(seconds: 1_700_000_000)
  do throws(FileFailure) {
    try builder.addFile(name: "a".utf8, size: 150, mode: 0o644, modified: time)
    try builder.openFolder(name: "d".utf8, mode: 0o755, modified: time)
    try builder.addFile(name: "empty".utf8, size: 0, mode: 0o644, modified: time)
    try builder.addFile(name: "c".utf8, size: 377, mode: 0o600, modified: time)
    builder.closeFolder()
    return try builder.finish()
  } catch {
    preconditionFailure("\(error)")
  }
}

/// The manifest's content, and what is reckoned of it.
struct SmallContent {
  static let leafBytes: UInt64 = 100

  let manifest = smallManifest()
  let bytes: [UInt8]
  let layout: LeafLayout
  let leaves: [ContentHash]
  let root: ContentHash

  init() {
    layout = LeafLayout(contentBytes: manifest.contentBytes, leafBytes: Self.leafBytes)
    // A row of zeros in the middle, so that holes and leaves of zeros can be true.
    bytes = (0..<Int(manifest.contentBytes)).map { (200..<400).contains($0) ? 0 : UInt8($0 & 0xFF) }
    leaves = Self.leaves(of: bytes, layout)
    root = Self.root(of: leaves, layout)
  }

  static func leaves(of bytes: [UInt8], _ layout: LeafLayout) -> [ContentHash] {
    (0..<layout.leafCount).map { leaf(of: bytes, layout.range(of: $0)) }
  }

  static func leaf(of bytes: [UInt8], _ range: Range<UInt64>) -> ContentHash {
    bytes[Int(range.lowerBound)..<Int(range.upperBound)].withUnsafeBytes { HashTree.leaf($0) }
  }

  static func root(of leaves: [ContentHash], _ layout: LeafLayout) -> ContentHash {
    var hasher = RootHasher()
    for leaf in leaves { hasher.add(leaf) }
    return hasher.root(contentBytes: layout.contentBytes)
  }
}
