import ConfabDomain
import DequeModule

/// The ids of the newest messages, so that a repeated Send is answered and not stored again. Older
/// ones are looked up in the journal.
struct RecentMessages: Sendable {
  private var stored: [MessageID: StoredMessage] = [:]
  private var order: Deque<MessageID> = []

  var count: Int { order.count }

  subscript(id: MessageID) -> StoredMessage? { stored[id] }

  mutating func insert(_ id: MessageID, _ message: StoredMessage) {
    if order.count == HubLimits.recentMessageIDsMax, let oldest = order.popFirst() {
      stored[oldest] = nil
    }
    if stored.updateValue(message, forKey: id) == nil { order.append(id) }
  }
}
