package import ConfabDomain
import Synchronization

/// The journal without a disk: the same answers as on SQLite, gone with the process.
package final class MemoryJournal: Journal {
  /// Nil when closed.
  private let store: Mutex<MemoryStore?>

  package init(_ store: MemoryStore = MemoryStore()) {
    self.store = Mutex(store)
  }

  /// What it holds now.
  package func contents() throws(JournalError) -> MemoryStore { try open() }

  package func append(_ group: [StampedEvent]) throws(JournalError) {
    try store.withLock { store throws(JournalError) in
      guard store != nil else { throw .closed }
      try store?.append(group)
    }
  }

  package func saveSnapshot(_ snapshot: StateSnapshot) throws(JournalError) {
    try store.withLock { store throws(JournalError) in
      guard store != nil else { throw .closed }
      if let state = StateSnapshot.state(of: snapshot.bytes) { store?.saveSnapshot(state) }
    }
  }

  /// Nothing is left behind in memory.
  package func purge() -> Bool { true }

  package func loadState() throws(JournalError) -> PlaceState { try open().loadState() }

  package func messages(_ query: MessageQuery) throws(JournalError) -> MessagePage {
    try open().messages(query)
  }

  package func events(_ query: EventQuery) throws(JournalError) -> EventPage {
    try open().events(query)
  }

  package func search(_ query: SearchQuery) throws(JournalError) -> [SearchHit] {
    try open().search(query)
  }

  package func facts(
    of sequence: UInt64, in channel: ChannelID
  ) throws(JournalError) -> MessageFacts? {
    try open().facts(of: sequence, in: channel)
  }

  package func storedMessage(_ id: MessageID) throws(JournalError) -> StoredMessage? {
    try open().storedMessage(id)
  }

  package func audit(_ query: AuditQuery) throws(JournalError) -> AuditPage {
    try open().audit(query)
  }

  package func verifyAudit() throws(JournalError) -> AuditVerdict { try open().verifyAudit() }

  package func backup(to path: String) throws(JournalError) {
    throw .other("a journal in memory has no file to copy")
  }

  package func close() throws(JournalError) {
    store.withLock { $0 = nil }
  }

  /// A copy, so that long answers hold up no append.
  private func open() throws(JournalError) -> MemoryStore {
    guard let store = store.withLock({ $0 }) else { throw .closed }
    return store
  }
}
