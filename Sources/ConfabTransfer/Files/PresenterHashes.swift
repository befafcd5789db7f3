/// The presenter's hashes and digests between the thread that makes them and the control stream.
struct PresenterHashes: Sendable {
  private let manifest: Manifest
  private let layout: LeafLayout
  private let zeroLeaf: ContentHash
  private var hasher = RootHasher()
  /// Made and not told yet: at most `hashesWaitingMax`, because no more are allowed to be made.
  private var waiting = WaitingLine<ContentHash>()
  private var told: UInt64 = 0
  private var allowed: UInt64 = 0

  /// Made and not told yet. As many as there are files in the leaves that are allowed.
  private var digestsWaiting = WaitingLine<(entry: Int, hash: ContentHash)>()
  /// The next entry that needs one.
  private var nextDigest: Int
  private var digestsTold: Int

  init(manifest: Manifest, layout: LeafLayout) {
    self.manifest = manifest
    self.layout = layout
    zeroLeaf = HashTree.zeroLeaf(byteCount: layout.leafBytes)
    nextDigest = manifest.nextFileWithContent(from: 0)
    digestsTold = nextDigest
  }

  var root: ContentHash { hasher.root(contentBytes: layout.contentBytes) }

  var isAllTold: Bool { told == layout.leafCount && digestsTold == manifest.count }

  mutating func add(_ leaf: UInt64, _ hash: ContentHash) {
    precondition(leaf == hasher.leafCount && leaf < layout.leafCount, "leaves come in order")
    hasher.add(hash)
    waiting.append(hash)
  }

  mutating func addDigest(of entry: Int, _ hash: ContentHash) {
    precondition(entry == nextDigest, "digests come in order")
    digestsWaiting.append((entry, hash))
    nextDigest = manifest.nextFileWithContent(from: entry + 1)
  }

  /// How many leaves may be hashed in all; nil when that has not grown.
  mutating func allowance(frontier: UInt64) -> UInt64? {
    let ahead = frontier / layout.leafBytes + FileLimits.leavesHashedAheadMax
    let leaves = min(layout.leafCount, ahead, told + FileLimits.hashesWaitingMax)
    guard leaves > allowed else { return nil }
    allowed = leaves
    return leaves
  }

  mutating func nextMessage() -> ControlMessage? {
    if let hash = waiting.first {
      let first = told
      if hash == zeroLeaf {
        let zeros = waiting.take(upTo: Int(FileLimits.zeroLeavesPerMessageMax)) { $0 == zeroLeaf }
        told += UInt64(zeros.count)
        return .zeroLeaves(first: first, count: UInt64(zeros.count))
      }
      let hashes = waiting.take(upTo: FileLimits.hashesPerMessageMax) { $0 != zeroLeaf }
      told += UInt64(hashes.count)
      return .leafHashes(first: first, hashes)
    }
    guard let first = digestsWaiting.first else { return nil }
    let digests = digestsWaiting.take(upTo: FileLimits.hashesPerMessageMax) { _ in true }
    digestsTold = manifest.nextFileWithContent(from: (digests.last?.entry ?? first.entry) + 1)
    return .fileDigests(first: UInt64(first.entry), digests.map(\.hash))
  }
}
