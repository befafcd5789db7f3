import ConfabDomain
import ConfabJournal
import Foundation
import Synchronization

/// A journal in memory whose disk can be full or gone, and whose readers can be made to wait.
final class FailingJournal: Journal {
  private let journal = MemoryJournal()
  private let isFull = Atomic<Bool>(false)
  private let isGone = Atomic<Bool>(false)
  private let reading = Atomic<Reading>(.free)

  private enum Reading: UInt8, AtomicRepresentable {
    case free, held, readerWaits
  }

  func setFull(_ full: Bool) {
    isFull.store(full, ordering: .sequentiallyConsistent)
  }

  /// Nothing is written any more, nor does the state come back.
  func lose() {
    setFull(true)
    isGone.store(true, ordering: .sequentiallyConsistent)
  }

  /// Whoever reads messages from now on waits, with what was read.
  func holdReaders() { reading.store(.held, ordering: .sequentiallyConsistent) }
  func waitForReader() { wait(until: .readerWaits) }
  func releaseReaders() { reading.store(.free, ordering: .sequentiallyConsistent) }

  private func waitWhileHeld() {
    guard reading.load(ordering: .sequentiallyConsistent) != .free else { return }
    reading.store(.readerWaits, ordering: .sequentiallyConsistent)
    wait(until: .free)
  }

  private func wait(until state: Reading) {
    while reading.load(ordering: .sequentiallyConsistent) != state {
      Thread.sleep(forTimeInterval: 0.002)
    }
  }

  func purge() -> Bool { journal.purge() }

  func append(_ group: [StampedEvent]) throws(JournalError) {
    if isFull.load(ordering: .sequentiallyConsistent) { throw .diskFull }
    try journal.append(group)
  }

  func loadState() throws(JournalError) -> PlaceState {
    if isGone.load(ordering: .sequentiallyConsistent) { throw .unreachable("nobody answers") }
    return try journal.loadState()
  }
  func saveSnapshot(_ snapshot: StateSnapshot) throws(JournalError) {
    try journal.saveSnapshot(snapshot)
  }
  func messages(_ query: MessageQuery) throws(JournalError) -> MessagePage {
    let page = try journal.messages(query)
    waitWhileHeld()
    return page
  }
  func events(_ query: EventQuery) throws(JournalError) -> EventPage { try journal.events(query) }
  func search(_ query: SearchQuery) throws(JournalError) -> [SearchHit] {
    try journal.search(query)
  }
  func facts(
    of sequence: UInt64, in channel: ChannelID
  ) throws(JournalError) -> MessageFacts? {
    try journal.facts(of: sequence, in: channel)
  }
  func storedMessage(_ id: MessageID) throws(JournalError) -> StoredMessage? {
    try journal.storedMessage(id)
  }
  func audit(_ query: AuditQuery) throws(JournalError) -> AuditPage { try journal.audit(query) }
  func verifyAudit() throws(JournalError) -> AuditVerdict { try journal.verifyAudit() }
  func backup(to path: String) throws(JournalError) { try journal.backup(to: path) }
  func close() throws(JournalError) { try journal.close() }
}
