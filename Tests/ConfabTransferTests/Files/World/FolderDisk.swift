import ConfabTransfer
import Primitives

/// The recipient's disk: what a running program sees, and what a power cut would leave of it.
struct FolderDisk {
  /// The unfinished files laid end to end, as they read now.
  private(set) var content: [UInt8] = []
  private(set) var journal: [UInt8] = []
  /// What is there unfinished, by entry of the top.
  private(set) var unfinished: Set<Int> = []
  /// What has its name: the entry of the top.
  private(set) var named: [String: Int] = [:]
  private(set) var hasAttributes = false

  private var durableContent: [UInt8] = []
  private var durableJournalCount = 0
  private var unsyncedNames: [String] = []
  /// Written and not synced.
  private var dirty: [Range<Int>] = []

  /// Where the journal may be wrong without its fault.
  private var tampered: Set<Int> = []

  /// A sync that has begun covers what was there then.
  struct PendingSync {
    var ranges: [(Range<Int>, [UInt8])]
    var journalCount: Int
  }

  /// Fresh files and an empty journal.
  mutating func create(_ manifest: Manifest, header: [UInt8]) {
    content = [UInt8](repeating: 0, count: Int(manifest.contentBytes))
    durableContent = content
    dirty = []
    journal = header
    durableJournalCount = header.count
    unfinished = Set(manifest.tops)
    hasAttributes = false
  }

  mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
    content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    dirty.append(offset..<offset + bytes.count)
  }

  mutating func append(_ bytes: [UInt8]) { journal += bytes }
  mutating func cutJournal(at count: Int) {
    journal.removeLast(journal.count - count)
    durableJournalCount = min(durableJournalCount, count)
  }
  mutating func syncJournal() { durableJournalCount = journal.count }

  mutating func removeJournal() {
    journal = []
    durableJournalCount = 0
  }

  mutating func setAttributes() { hasAttributes = true }

  func beginSync() -> PendingSync {
    PendingSync(
      ranges: dirty.map { ($0, Array(content[$0])) }, journalCount: journal.count)
  }

  mutating func finishSync(_ sync: PendingSync) {
    for (range, bytes) in sync.ranges { durableContent.replaceSubrange(range, with: bytes) }
    dirty.removeFirst(sync.ranges.count)
    durableJournalCount = max(durableJournalCount, sync.journalCount)
  }

  enum Publishing { case done, taken, missing }

  mutating func publish(_ entry: Int, as name: String) -> Publishing {
    if !unfinished.contains(entry) { return named[name] == entry ? .done : .missing }
    guard named[name] == nil else { return .taken }
    unfinished.remove(entry)
    named[name] = entry
    unsyncedNames.append(name)
    return .done
  }

  mutating func syncFolders() { unsyncedNames = [] }

  /// Somebody else's file.
  mutating func occupy(_ name: String) { named[name] = -1 }

  mutating func flipBit(at offset: Int) { content[offset] ^= 1 }

  /// The machine stops: of what was not synced anything may be left, in pieces of a sector; of the
  /// journal a front, and perhaps rubbish behind it; of the names any.
  mutating func cutPower(using random: inout SeededRandom) {
    for range in dirty {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: 64)
      where random.chance(0.5) {
        let sector = start..<min(start + 64, range.upperBound)
        durableContent.replaceSubrange(sector, with: content[sector])
      }
    }
    content = durableContent
    dirty = []
    if journal.count > durableJournalCount {
      let kept = Int.random(in: durableJournalCount...journal.count, using: &random)
      cutJournal(at: kept)
      if random.chance(0.5) { journal += [UInt8].random(count: 20, using: &random) }
    }
    durableJournalCount = journal.count
    for name in unsyncedNames where random.chance(0.5) {
      if let entry = named.removeValue(forKey: name) { unfinished.insert(entry) }
    }
    unsyncedNames = []
  }

  /// Somebody writes into an unfinished file while nothing runs. No journal can know.
  mutating func tamper(at offset: Int) {
    tampered.insert(offset)
    content[offset] ^= 0x80
    durableContent = content
    dirty = []
  }

  /// What the journal would say now, or after a power cut, and the leaves that it has wrong.
  func wrongClaims(
    _ identity: TransferIdentity, _ layout: LeafLayout, afterPowerCut: Bool
  ) -> [UInt64] {
    var reader = ResumeJournalReader(identity, layout: layout)
    reader.append(journal)
    return wrongClaims(of: reader.state, layout, in: afterPowerCut ? durableContent : content)
  }

  /// Whether the durable journal claims a leaf that is about to be written with something else.
  func durablyClaims(
    _ offset: Int, _ bytes: ArraySlice<UInt8>, _ identity: TransferIdentity, _ layout: LeafLayout
  ) -> Bool {
    guard Array(content[offset..<offset + bytes.count]) != Array(bytes) else { return false }
    var reader = ResumeJournalReader(identity, layout: layout)
    reader.append(journal[..<durableJournalCount])
    let range = UInt64(offset)..<UInt64(offset + bytes.count)
    return layout.leaves(touching: range).contains { reader.state.leaves.contains($0) }
  }

  private func wrongClaims(
    of state: ResumeState, _ layout: LeafLayout, in bytes: [UInt8]
  ) -> [UInt64] {
    state.leaves.ranges.flatMap { Array($0) }.filter { leaf in
      let range = layout.range(of: leaf)
      guard !tampered.contains(where: { range.contains(UInt64($0)) }) else { return false }
      return bytes[Int(range.lowerBound)..<Int(range.upperBound)].withUnsafeBytes {
        HashTree.leaf($0) != state.hash(of: leaf)
      }
    }
  }
}
