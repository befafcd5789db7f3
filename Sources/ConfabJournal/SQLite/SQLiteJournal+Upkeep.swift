package import ConfabDomain
import Foundation
import GRDB

extension SQLiteJournal {
  /// What a snapshot's bytes mean. Raise it when `PlaceState` gives the same shape another meaning; a
  /// changed shape shows by itself. Older snapshots are then ignored.
  private static let snapshotSchema = 2

  package func saveSnapshot(_ snapshot: StateSnapshot) throws(JournalError) {
    try writing { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO snapshot (id, schema, entry, state) VALUES (1, ?, ?, ?)",
        arguments: [Self.snapshotSchema, snapshot.entry.column, snapshot.bytes])
    }
    try purge()
  }

  package func loadState() throws(JournalError) -> PlaceState {
    try reading { db in
      var state = try Self.snapshot(db) ?? PlaceState()
      var chain = AuditChain.start
      if state.entry > 0 {
        guard let value = try Self.chainValue(at: state.entry, db) else {
          throw JournalError.corrupt("entry \(state.entry) is missing")
        }
        chain = AuditChain(entry: state.entry, value: value)
      }
      try Self.replay(into: &state, chain: &chain, through: .max, db)
      try ChainHead.check(chain, db)
      return state
    }
  }

  /// The state after an entry, made from nothing but the entries.
  func replayed(through entry: UInt64) throws(JournalError) -> PlaceState {
    try reading { db in
      var state = PlaceState()
      var chain = AuditChain.start
      try Self.replay(into: &state, chain: &chain, through: entry, db)
      return state
    }
  }

  private static func replay(
    into state: inout PlaceState, chain: inout AuditChain, through entry: UInt64, _ db: Database
  ) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT entry, payload, chain FROM entries WHERE entry > ? AND entry <= ? ORDER BY entry
        """,
      arguments: [state.entry.column, Int64(clamping: entry)])
    while let row = try rows.next() {
      let stored = StoredEntry(
        entry: try row.number(0), payload: try row.bytes(1), text: nil, chain: try row.bytes(2))
      try Replay.take(stored, into: &state, chain: &chain)
    }
  }

  /// Nil when there is none that this version understands, or when it is newer than the journal.
  static func snapshot(_ db: Database) throws -> PlaceState? {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT state FROM snapshot WHERE schema = ? AND entry <= (SELECT max(entry) FROM entries)
        """, arguments: [snapshotSchema])
    guard let bytes = try row?.bytes(0) else { return nil }
    return StateSnapshot.state(of: bytes)
  }

  private static func chainValue(at entry: UInt64, _ db: Database) throws -> [UInt8]? {
    try Row.fetchOne(
      db, sql: "SELECT chain FROM entries WHERE entry = ?", arguments: [entry.column])?.bytes(0)
  }

  /// Drives the words of deleted and edited messages out of the search index and out of the log, where
  /// SQLite leaves them until the space is used again. Their texts went with the deletion's own group.
  @discardableResult
  package func purge() throws(JournalError) -> Bool {
    let shards = try writing { db in
      let shards = try Int.fetchAll(db, sql: "SELECT shard FROM purges")
      // A message may have been deleted before the index took it in.
      let indexed = try SearchIndex.shardCount(db)
      for shard in shards where shard < indexed { try SearchIndex.purge(shard, db) }
      try db.execute(sql: "DELETE FROM purges")
      return shards
    }
    if shards.isEmpty { return true }
    if try emptyLog() { return true }
    // Next time, then.
    try writing { db in
      for shard in shards {
        try db.execute(sql: "INSERT OR IGNORE INTO purges VALUES (?)", arguments: [shard])
      }
    }
    return false
  }

  /// Moves the log into the database and cuts it off.
  ///
  /// - Returns: false when a reader is in the way. Nobody waits for it: appends would wait too.
  private func emptyLog() throws(JournalError) -> Bool {
    do {
      return try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Connections.waitMilliseconds)") }
        do {
          _ = try db.checkpoint(.truncate)
          return true
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
          return false
        }
      }
    } catch { throw JournalError(error, path: folder) }
  }
}
