/// What a journal says is on the disk.
package struct ResumeState: Sendable {
  /// Leaves that were verified and durable.
  package private(set) var leaves = ContentRanges()
  /// Those of zeros, which have no hash below.
  private var zeros = ContentRanges()
  /// By leaf, in blocks; what stands for leaves that are not in `leaves` means nothing.
  private var blocks: [UInt64: [ContentHash]] = [:]
  private let zeroLeaf: ContentHash
  private static let blockLeaves: UInt64 = 1_024
  /// Entries at the top that have, or (before `confirmed`) were about to get, their names.
  package private(set) var published: [(entry: UInt64, name: String)] = []

  package init(layout: LeafLayout) {
    zeroLeaf = HashTree.zeroLeaf(byteCount: layout.leafBytes)
  }

  package func hash(of leaf: UInt64) -> ContentHash? {
    guard leaves.contains(leaf) else { return nil }
    if zeros.contains(leaf) { return zeroLeaf }
    return blocks[leaf / Self.blockLeaves]?[Int(leaf % Self.blockLeaves)]
  }

  /// What the journal says, compared with what is there: each entry of the top is unfinished, and
  /// then no name was given to it, or it is under the name that it was to get. Nil when one is
  /// neither: then the journal is worth nothing.
  package func confirmed(
    for manifest: Manifest, isUnfinished: (_ entry: Int) -> Bool, exists: (_ name: String) -> Bool
  ) -> ResumeState? {
    var state = self
    state.published = []
    for entry in manifest.tops where !isUnfinished(entry) {
      guard let name = publishedName(of: entry), exists(name) else { return nil }
      state.published.append((UInt64(entry), name))
    }
    return state
  }

  package func publishedName(of entry: Int) -> String? {
    published.last { $0.entry == UInt64(entry) }?.name
  }

  mutating func apply(_ record: ResumeJournal.Record) {
    switch record {
    case .leaves(let first, let added):
      for (leaf, hash) in zip(first..., added) {
        let empty = [ContentHash](
          repeating: ContentHash(repeating: 0), count: Int(Self.blockLeaves))
        blocks[leaf / Self.blockLeaves, default: empty][Int(leaf % Self.blockLeaves)] = hash
      }
      leaves.insert(first..<first + UInt64(added.count))
      zeros.remove(first..<first + UInt64(added.count))
    case .zeroLeaves(let range):
      leaves.insert(range)
      zeros.insert(range)
    case .withdrawn(let range): leaves.remove(range)
    case .publishing(let entry, let name): published.append((entry, name))
    }
  }

  /// Says no more of these leaves.
  package mutating func forget(_ range: Range<UInt64>) { leaves.remove(range) }
}
