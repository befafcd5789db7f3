package import ConfabDomain
import GRDB
import Primitives
import Synchronization

extension SQLiteJournal {
  package func append(_ group: [StampedEvent]) throws(JournalError) {
    guard !group.isEmpty else { return }
    try appending.withLock { current throws(JournalError) in
      // Worked on as a copy, which becomes the truth only with the commit.
      var next = current
      try MemoryStore.check(group, follows: current.chain.entry)
      var entries: [EncodedEntry] = []
      entries.reserveCapacity(group.count)
      for stamped in group { entries.append(try next.encode(stamped)) }
      try writing { db in try Self.store(entries, after: current, &next, db) }
      current = next
    }
  }

  /// Writes entries that have their bytes already.
  ///
  /// - Parameter change: what else belongs into the same transaction, when the entries are in it.
  func store(
    _ entries: [EncodedEntry], alongside change: (Database) throws -> Void
  ) throws(JournalError) {
    try appending.withLock { current throws(JournalError) in
      var next = current
      try MemoryStore.check(entries.map(\.stamped), follows: current.chain.entry)
      try writing { db in
        if !entries.isEmpty { try Self.store(entries, after: current, &next, db) }
        try change(db)
      }
      current = next
    }
  }

  /// The audit chain as it is after the newest entry.
  var head: AuditChain { appending.withLock { $0.chain } }

  private static func store(
    _ entries: [EncodedEntry], after current: Appending, _ next: inout Appending, _ db: Database
  ) throws {
    let rows = try EntryRows(db)
    for entry in entries { try next.append(entry, to: rows, db) }
    try ChainHead.move(from: current.chain, to: next.chain, db)
    try next.waiting.takeInIfDue(through: next.chain.entry, db)
  }
}

extension SQLiteJournal.Appending {
  init(_ db: Database, salts: any RandomNumberGenerator & Sendable) throws {
    let newest = try Row.fetchOne(
      db, sql: "SELECT entry, clock, chain FROM entries ORDER BY entry DESC LIMIT 1")
    if let newest {
      chain = AuditChain(entry: try newest.number(0), value: try newest.bytes(2))
      clock = try newest.milliseconds(1)
    } else {
      chain = .start
      clock = .min
    }
    waiting = try WaitingPostings(db)
    self.salts = salts
  }

  fileprivate mutating func encode(
    _ stamped: StampedEvent
  ) throws(JournalError) -> EncodedEntry {
    EncodedEntry(stamped: stamped, encoded: try EventCodec.encode(stamped, using: &salts))
  }

  fileprivate mutating func append(
    _ entry: EncodedEntry, to rows: EntryRows, _ db: Database
  ) throws {
    let stamped = entry.stamped
    var encoded = entry.encoded
    clock = max(clock, stamped.event.at.millisecondsSinceEpoch)
    chain.extend(by: encoded.payload)
    if try MessageView.isDeleted(stamped.event.body, db) { encoded.text = nil }
    try rows.insert(stamped, encoded, clock: clock, chain: chain.value)
    try MessageView.apply(stamped, &waiting, db)
  }
}
