import Primitives

/// What may be said in the journal, and when: a leaf only after a sync that began after it was
/// verified; and before a journaled leaf is written over, the journal must durably say so.
struct JournalClaims: Sendable {
  struct Sync: Sendable {
    var ticket: UInt64
    var leaves: [(leaf: UInt64, hash: ContentHash)]
    var zeros: ContentRanges
    var withdrawn: ContentRanges
    /// Nothing is written after it.
    var isLast: Bool
  }

  let writer: ResumeJournalWriter
  /// Verified since the last sync began.
  private var verified: [(leaf: UInt64, hash: ContentHash)] = []
  /// The same, of leaves of zeros: a hole may be a million of them.
  private var zeros = ContentRanges()
  /// Withdrawn since then. The shell still must not write there.
  private var withdrawn = ContentRanges()
  private var running: Sync?
  /// Withdrawn, with no record made of it.
  private var unrecorded = ContentRanges()
  /// Claimed by the records that were made last.
  private var last: Sync?
  private var nextTicket: UInt64 = 1
  private var lastSync: MonotonicTime

  init(writer: ResumeJournalWriter, at now: MonotonicTime) {
    self.writer = writer
    lastSync = now
  }

  var isWithdrawing: Bool { !withdrawn.isEmpty || !(running?.withdrawn.isEmpty ?? true) }

  mutating func add(_ leaf: UInt64, _ hash: ContentHash) { verified.append((leaf, hash)) }
  mutating func addZero(_ leaf: UInt64) { zeros.insert(leaf..<leaf + 1) }

  private var isUnclaimed: Bool { !verified.isEmpty || !zeros.isEmpty }

  mutating func withdraw(_ leaf: UInt64) {
    withdrawn.insert(leaf..<leaf + 1)
    unrecorded.insert(leaf..<leaf + 1)
  }

  /// The records that must be appended before the next sync.
  mutating func takeWithdrawals() -> [UInt8] {
    defer { unrecorded = ContentRanges() }
    return unrecorded.ranges.flatMap { writer.encode(.withdrawn($0)) }
  }

  /// The ticket of a sync that is to begin; nil when none is due or one is running.
  mutating func nextSync(isLast: Bool, at now: MonotonicTime) -> UInt64? {
    guard running == nil else { return nil }
    let isDue = isUnclaimed && now.since(lastSync) >= FileLimits.syncInterval
    guard isLast || isDue || !withdrawn.isEmpty else { return nil }
    running = Sync(
      ticket: nextTicket, leaves: verified, zeros: zeros, withdrawn: withdrawn, isLast: isLast)
    nextTicket += 1
    verified = []
    zeros = ContentRanges()
    withdrawn = ContentRanges()
    lastSync = now
    return running?.ticket
  }

  /// Nil when it is not the one that runs.
  mutating func finishSync(_ ticket: UInt64) -> Sync? {
    guard let sync = running, sync.ticket == ticket else { return nil }
    running = nil
    last = sync
    return sync
  }

  /// The records that a sync allows.
  func records(of sync: Sync) -> [UInt8] {
    var bytes = writer.encode(sync.leaves)
    for range in sync.zeros.ranges { bytes += writer.encode(.zeroLeaves(range)) }
    return bytes
  }

  /// The journal did not take the last records: they are claimed after a later sync. A journal that
  /// says too little is a right one.
  mutating func restoreLast() {
    guard let sync = last else { return }
    last = nil
    verified += sync.leaves
    zeros.formUnion(sync.zeros)
  }

  var nextDeadline: MonotonicTime? {
    running == nil && isUnclaimed ? lastSync + FileLimits.syncInterval : nil
  }
}
