import ConfabDomain
import DequeModule

/// The ids of the newest messages, so that a repeated Send is answered and not stored again. Older
/// ones are looked up in the journal.
///
/// In generations, of which only the newest changes: on a journal that servers share the hub is copied for
/// each group of events, and what changes with it.
struct RecentMessages: Sendable {
  private struct Generation: Sendable {
    var stored: [MessageID: StoredMessage] = [:]
    /// With the entries, ascending.
    var order: [(id: MessageID, entry: UInt64)] = []
  }

  private var newest = Generation()
  /// Full ones, the oldest first.
  private var older: Deque<Generation> = []

  private static let generationMax = 4_096
  private static let olderMax = HubLimits.recentMessageIDsMax / generationMax - 1

  var count: Int { older.reduce(newest.order.count) { $0 + $1.order.count } }

  subscript(id: MessageID) -> StoredMessage? {
    if let found = newest.stored[id] { return found }
    for generation in older.reversed() {
      if let found = generation.stored[id] { return found }
    }
    return nil
  }

  mutating func insert(_ id: MessageID, _ message: StoredMessage, entry: UInt64) {
    if newest.order.count == Self.generationMax {
      if older.count == Self.olderMax { older.removeFirst() }
      older.append(newest)
      newest = Generation()
    }
    if newest.stored.updateValue(message, forKey: id) == nil { newest.order.append((id, entry)) }
  }

  /// What was never stored must not count as stored.
  mutating func forget(after entry: UInt64) {
    while true {
      while let last = newest.order.last, last.entry > entry {
        newest.order.removeLast()
        newest.stored[last.id] = nil
      }
      guard newest.order.isEmpty, let full = older.popLast() else { return }
      newest = full
    }
  }
}
