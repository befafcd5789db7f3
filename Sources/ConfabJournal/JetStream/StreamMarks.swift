import ConfabDomain
import GRDB

/// What a view of a stream knows besides the entries: how far it has read, which message holds which
/// entries, and which texts must still leave the stream. It lies beside the tables of the journal, in
/// none of whose formats it is: a copy of the file is a journal like any other.
struct StreamMarks {
  /// Entries whose texts were deleted.
  struct Erasure: Equatable {
    var entry: UInt64
    /// Of the first entry of the batch that holds it.
    var batch: UInt64
    /// Of the message that the batch came in.
    var message: UInt64
  }

  static func prepare(_ db: Database) throws {
    try db.execute(
      sql: """
        -- message: the newest one of the stream whose entries are in here.
        CREATE TABLE IF NOT EXISTS stream_position (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          message INTEGER NOT NULL
        ) STRICT;
        INSERT OR IGNORE INTO stream_position VALUES (1, 0);
        CREATE TABLE IF NOT EXISTS stream_batches (
          first_entry INTEGER PRIMARY KEY,
          message INTEGER NOT NULL
        ) STRICT;
        -- Texts that must leave the stream. due: milliseconds since the epoch.
        CREATE TABLE IF NOT EXISTS stream_erasures (
          entry INTEGER PRIMARY KEY,
          due INTEGER NOT NULL
        ) STRICT;
        -- For this connection only, so that no copy of the file has it.
        CREATE TEMP TRIGGER stream_texts AFTER UPDATE OF text ON main.entries
        WHEN OLD.text IS NOT NULL AND NEW.text IS NULL BEGIN
          INSERT OR IGNORE INTO stream_erasures VALUES (OLD.entry, 0);
        END;
        """)
  }

  static func position(_ db: Database) throws -> UInt64 {
    try Row.fetchOne(db, sql: "SELECT message FROM stream_position")?.number(0) ?? 0
  }

  static func move(to message: UInt64, _ db: Database) throws {
    try db.cachedStatement(sql: "UPDATE stream_position SET message = ?")
      .execute(arguments: [message.column])
  }

  static func note(batch firstEntry: UInt64, in message: UInt64, _ db: Database) throws {
    try db.cachedStatement(sql: "INSERT OR REPLACE INTO stream_batches VALUES (?, ?)")
      .execute(arguments: [firstEntry.column, message.column])
  }

  /// Notes the texts that entries just taken in have taken away: the trigger has those that were there.
  static func noteErasures(by entries: [EncodedEntry], due: Int64, _ db: Database) throws {
    for entry in entries where entry.encoded.text != nil {
      // An edit of what was deleted before is kept without its text.
      guard case .messageEdited = entry.stamped.event.body,
        try MessageView.isDeleted(entry.stamped.event.body, db)
      else { continue }
      try db.cachedStatement(sql: "INSERT OR IGNORE INTO stream_erasures VALUES (?, 0)")
        .execute(arguments: [entry.stamped.entry.column])
    }
    try db.cachedStatement(sql: "UPDATE stream_erasures SET due = ? WHERE due = 0")
      .execute(arguments: [due])
  }

  /// The oldest of those that are due.
  static func dueErasures(at now: Int64, limit: Int, _ db: Database) throws -> [Erasure] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT x.entry, b.first_entry, b.message FROM stream_erasures x
        JOIN stream_batches b ON b.first_entry =
          (SELECT max(first_entry) FROM stream_batches WHERE first_entry <= x.entry)
        WHERE x.due <= ? ORDER BY x.entry LIMIT ?
        """, arguments: [now, limit]
    ).map { row in
      Erasure(entry: try row.number(0), batch: try row.number(1), message: try row.number(2))
    }
  }

  static func remove(_ erasures: [Erasure], _ db: Database) throws {
    let deletion = try db.cachedStatement(sql: "DELETE FROM stream_erasures WHERE entry = ?")
    for erasure in erasures { try deletion.execute(arguments: [erasure.entry.column]) }
  }
}
