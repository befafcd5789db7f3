import ConfabDomain
import DequeModule

/// The ids of the newest messages, so that a repeated Send is answered and not stored again. Older
/// ones are looked up in the journal.
struct RecentMessages: Sendable {
  private var stored: [MessageID: StoredMessage] = [:]
  /// With the entries, ascending.
  private var order: Deque<(id: MessageID, entry: UInt64)> = []

  var count: Int { order.count }

  subscript(id: MessageID) -> StoredMessage? { stored[id] }

  mutating func insert(_ id: MessageID, _ message: StoredMessage, entry: UInt64) {
    if order.count == HubLimits.recentMessageIDsMax, let oldest = order.popFirst() {
      stored[oldest.id] = nil
    }
    if stored.updateValue(message, forKey: id) == nil { order.append((id, entry)) }
  }

  /// What was never stored must not count as stored.
  mutating func forget(after entry: UInt64) {
    while let newest = order.last, newest.entry > entry {
      order.removeLast()
      stored[newest.id] = nil
    }
  }
}
