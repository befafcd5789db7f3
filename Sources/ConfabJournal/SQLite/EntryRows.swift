import ConfabDomain
import GRDB
import GRDBSQLite

/// Writes rows of `entries`, which every message costs one of.
///
/// It binds through SQLite's own interface: GRDB's arguments box, copy and check each value anew, which
/// for ten of them costs more than SQLite takes to store the row.
struct EntryRows {
  private let statement: Statement

  /// For the length of one transaction.
  init(_ db: Database) throws {
    statement = try db.cachedStatement(
      sql: """
        INSERT INTO entries
          (entry, clock, kind, channel, position, sequence, payload, chain, salt, text)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
  }

  func insert(
    _ stamped: StampedEvent, _ encoded: EncodedEvent, clock: Int64, chain: [UInt8]
  ) throws {
    bind(stamped.entry.column, at: 1)
    bind(clock, at: 2)
    bind(Int64(encoded.kind), at: 3)
    bind(stamped.event.body.channel?.column, at: 4)
    bind(stamped.position?.column, at: 5)
    bind(stamped.sequence?.column, at: 6)
    encoded.payload.withUnsafeBytes { bind($0, at: 7) }
    chain.withUnsafeBytes { bind($0, at: 8) }
    if var sealed = encoded.text {
      sealed.salt.withUnsafeBytes { bind($0, at: 9) }
      sealed.text.withUTF8 { bind(UnsafeRawBufferPointer($0), at: 10) }
    } else {
      bind(nil, at: 9)
      bind(nil, at: 10)
    }
    try run()
  }

  private func run() throws {
    let stepped = sqlite3_step(statement.sqliteStatement)
    // The words are those of the latest call, so they are taken before the next.
    let words = stepped == SQLITE_DONE ? nil : String(cString: sqlite3_errmsg(connection))
    sqlite3_reset(statement.sqliteStatement)
    guard stepped == SQLITE_DONE else {
      throw DatabaseError(resultCode: ResultCode(rawValue: stepped), message: words)
    }
  }

  private var connection: OpaquePointer? { sqlite3_db_handle(statement.sqliteStatement) }

  private func bind(_ value: Int64?, at index: CInt) {
    if let value {
      sqlite3_bind_int64(statement.sqliteStatement, index, value)
    } else {
      sqlite3_bind_null(statement.sqliteStatement, index)
    }
  }

  /// SQLite copies the bytes.
  private func bind(_ bytes: UnsafeRawBufferPointer, at index: CInt) {
    // A null pointer would be NULL, and no bytes are not that.
    guard let base = bytes.baseAddress, !bytes.isEmpty else {
      sqlite3_bind_zeroblob(statement.sqliteStatement, index, 0)
      return
    }
    sqlite3_bind_blob64(
      statement.sqliteStatement, index, base, sqlite3_uint64(bytes.count), Self.copied)
  }

  /// SQLITE_TRANSIENT, a cast that Swift does not import.
  private static var copied: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }
}
