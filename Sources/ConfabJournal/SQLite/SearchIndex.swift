import ConfabDomain
import GRDB

/// The full-text index: one FTS5 table for each 65,536 entries of the journal.
///
/// Answers come newest first, so a search walks the shards backwards and stops when it has enough:
/// a common word costs one shard, however long the journal is. A deletion's words are driven out by
/// rewriting one shard, not the whole index.
///
/// Each document is a message under the number of its entry, in two columns: `scope`, a word for its
/// channel, and `text`. The tables hold no copy of the texts.
enum SearchIndex {
  private static let shardEntries: UInt64 = 65_536

  static func shard(of entry: UInt64) -> Int {
    Int(clamping: (max(entry, 1) - 1) / shardEntries)
  }

  static func entries(in shard: Int) -> ClosedRange<UInt64> {
    let before = UInt64(shard) * shardEntries
    return before + 1...before + shardEntries
  }

  static func table(_ shard: Int) -> String { "search_\(shard)" }

  static func shardCount(_ db: Database) throws -> Int {
    try Int.fetchOne(
      db,
      sql: """
        SELECT count(*) FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE search%'
        """) ?? 0
  }

  static func createShard(_ shard: Int, _ db: Database) throws {
    try db.execute(
      sql: """
        CREATE VIRTUAL TABLE \(table(shard)) USING fts5(scope, text, content = '', columnsize = 0,
          tokenize = 'unicode61 remove_diacritics 2')
        """)
  }

  static func insert(
    _ text: String, entry: UInt64, channel: ChannelID, _ db: Database
  ) throws {
    let table = table(shard(of: entry))
    try db.cachedStatement(sql: "INSERT INTO \(table) (rowid, scope, text) VALUES (?, ?, ?)")
      .execute(arguments: [entry.column, scope(channel), indexed(text)])
  }

  /// - Parameter text: exactly what was indexed.
  static func remove(
    _ text: String, entry: UInt64, channel: ChannelID, _ db: Database
  ) throws {
    let table = table(shard(of: entry))
    try db.cachedStatement(
      sql: "INSERT INTO \(table) (\(table), rowid, scope, text) VALUES ('delete', ?, ?, ?)"
    ).execute(arguments: [entry.column, scope(channel), indexed(text)])
  }

  /// FTS5 only marks what is removed; merging all of a shard leaves the marked words behind.
  static func purge(_ shard: Int, _ db: Database) throws {
    let table = table(shard)
    try db.execute(sql: "INSERT INTO \(table) (\(table)) VALUES ('optimize')")
  }

  static func scope(_ channel: ChannelID) -> String { "c\(channel)" }

  /// SQLite's text ends at the first U+0000, and the words after it should be found too.
  private static func indexed(_ text: String) -> String {
    text.utf8.contains(0) ? String(text.map { $0 == "\0" ? " " : $0 }) : text
  }
}
