/// Which leaves are right: compares what was read back with what the presenter says.
struct LeafChecks: Sendable {
  /// What a hash of the presenter's says of its leaf.
  enum Hearing: Hashable {
    case noted
    /// Nothing but zeros on both sides: right without being read.
    case verified
    /// Journaled as something else.
    case differs
  }

  /// What reading a leaf back says of it.
  enum Verdict: Hashable {
    /// Right, and to be journaled.
    case verified
    /// Right, and in the journal already.
    case confirmed
    /// Not what the journal says.
    case stale
    /// Not what the presenter says.
    case mismatched
  }

  let layout: LeafLayout
  let zeroLeaf: ContentHash
  /// What an earlier attempt left. A leaf is in it for as long as it is believed.
  private(set) var resumed: ResumeState
  private(set) var verified = ContentRanges()
  /// Hashes whose leaves are not verified yet.
  private var expected: [UInt64: ContentHash] = [:]
  private var root = RootHasher()
  /// Complete, with a hash to compare with, and not given to the shell yet.
  private var ready = ContentRanges()
  /// Journaled leaves that are to be read back before they are believed.
  private(set) var recheck = ContentRanges()
  /// With the shell; true for journaled ones.
  private var reading: [UInt64: Bool] = [:]
  /// Journaled leaves with the shell.
  private var recheckingCount = 0
  private var rechecksAll = false

  init(layout: LeafLayout) {
    self.layout = layout
    resumed = ResumeState(layout: layout)
    zeroLeaf = HashTree.zeroLeaf(byteCount: layout.leafBytes)
  }

  var hashesHeard: UInt64 { root.leafCount }
  var rootHash: ContentHash { root.root(contentBytes: layout.contentBytes) }
  var isRechecking: Bool { !recheck.isEmpty || recheckingCount > 0 }
  var isIdle: Bool { reading.isEmpty && ready.isEmpty && recheck.isEmpty }
  var isAllVerified: Bool { verified.count == layout.leafCount }

  /// Returns the leaves that the presenter has already said to be others than the journal says.
  mutating func resume(
    _ state: ResumeState, recheck leaves: ContentRanges, isAll: Bool
  ) -> [UInt64] {
    resumed = state
    verified = state.leaves
    recheck = leaves
    rechecksAll = isAll
    var differing: [UInt64] = []
    for leaf in expected.keys.sorted() {
      guard let journaled = resumed.hash(of: leaf) else { continue }
      if expected[leaf] == journaled { expected[leaf] = nil } else { differing.append(leaf) }
    }
    return differing
  }

  /// The presenter's hash of the next leaf, `hashesHeard`.
  mutating func hear(
    _ hash: ContentHash, isWritten: Bool, isZero: Bool
  ) throws(FileFailure) -> Hearing {
    let leaf = root.leafCount
    guard leaf < layout.leafCount else {
      throw .outOfBounds("The other side has more hashes than leaves.")
    }
    root.add(hash)
    if let journaled = resumed.hash(of: leaf), verified.contains(leaf) {
      guard journaled != hash else { return .noted }
      expected[leaf] = hash
      return .differs
    }
    if isZero, hash == zeroLeaf {
      verified.insert(leaf..<leaf + 1)
      return .verified
    }
    guard expected.count < FileLimits.pendingHashesMax else {
      throw FileFailure(.excess, "The other side's hashes are too far ahead of its content.")
    }
    expected[leaf] = hash
    if isWritten { ready.insert(leaf..<leaf + 1) }
    return .noted
  }

  /// All bytes of the leaf are in the file.
  mutating func completed(_ leaf: UInt64) {
    guard expected[leaf] != nil, !verified.contains(leaf) else { return }
    ready.insert(leaf..<leaf + 1)
  }

  /// The leaf is to be written anew. Its hash stays what it was.
  mutating func drop(_ leaf: UInt64) {
    if expected[leaf] == nil, leaf < root.leafCount { expected[leaf] = resumed.hash(of: leaf) }
    resumed.forget(leaf..<leaf + 1)
    verified.remove(leaf..<leaf + 1)
    ready.remove(leaf..<leaf + 1)
    recheck.remove(leaf..<leaf + 1)
  }

  /// The next leaf that the shell shall read back, if it has not enough to do.
  mutating func nextReading() -> UInt64? {
    guard reading.count < FileLimits.verifyingLeavesMax else { return nil }
    if let leaf = recheck.takeFirst(1)?.lowerBound {
      reading[leaf] = true
      recheckingCount += 1
      return leaf
    }
    // A leaf that was given up while it was read has to be read anew after that.
    guard let leaf = ready.ranges.first?.lowerBound, reading[leaf] == nil else { return nil }
    ready.remove(leaf..<leaf + 1)
    reading[leaf] = false
    return leaf
  }

  /// A leaf of zeros is right without being read when the presenter says that it is zeros.
  mutating func verifyZero(_ leaf: UInt64) -> Bool {
    guard expected[leaf] == zeroLeaf, !verified.contains(leaf) else { return false }
    ready.remove(leaf..<leaf + 1)
    expected[leaf] = nil
    verified.insert(leaf..<leaf + 1)
    return true
  }

  /// Nil when nobody asked.
  mutating func read(_ leaf: UInt64, _ hash: ContentHash) -> Verdict? {
    guard let wasJournaled = reading.removeValue(forKey: leaf) else { return nil }
    if wasJournaled {
      recheckingCount -= 1
      // Withdrawn in the meantime, because the presenter's hash differs.
      guard let journaled = resumed.hash(of: leaf) else { return .confirmed }
      if journaled == hash { return .confirmed }
      distrustJournal()
      return .stale
    }
    guard let wanted = expected[leaf], wanted == hash else { return .mismatched }
    expected[leaf] = nil
    verified.insert(leaf..<leaf + 1)
    return .verified
  }

  /// One leaf of the sample is wrong, so every other has to show itself.
  private mutating func distrustJournal() {
    guard !rechecksAll else { return }
    rechecksAll = true
    recheck = resumed.leaves
    for leaf in reading.keys { recheck.remove(leaf..<leaf + 1) }
  }
}
