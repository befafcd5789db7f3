package import ConfabDomain

/// A disk for simulations: what was written is safe only after a sync, and a power cut keeps the
/// first of the unsynced groups or none, but never half of one and never a later without an earlier.
package struct SimulatedDisk: Sendable {
  /// What survives whatever happens, and all that readers see.
  package private(set) var durable: MemoryStore
  /// Groups on their way, oldest first.
  package private(set) var unsynced: [[StampedEvent]] = []
  /// Refuses writes, as a full disk does.
  package var isFull = false

  package init(_ durable: MemoryStore = MemoryStore()) {
    self.durable = durable
  }

  package mutating func write(_ group: [StampedEvent]) throws(JournalError) {
    guard !isFull else { throw .diskFull }
    let newest = unsynced.last?.last?.entry ?? durable.newestEntry
    try MemoryStore.check(group, follows: newest)
    if !group.isEmpty { unsynced.append(group) }
  }

  /// Makes everything durable that was written.
  package mutating func sync() throws(JournalError) {
    try settle(unsynced.count)
  }

  /// Cuts the power.
  ///
  /// - Parameter count: how many of the unsynced groups happened to reach the disk.
  package mutating func crash(keepingFirst count: Int) throws(JournalError) {
    try settle(min(max(count, 0), unsynced.count))
    unsynced = []
  }

  /// A snapshot goes the way of a group, but losing it loses nothing, so it is simply kept.
  package mutating func saveSnapshot(_ state: PlaceState) {
    if state.entry <= durable.newestEntry { durable.saveSnapshot(state) }
  }

  private mutating func settle(_ count: Int) throws(JournalError) {
    for group in unsynced.prefix(count) { try durable.append(group) }
    unsynced.removeFirst(count)
  }
}
