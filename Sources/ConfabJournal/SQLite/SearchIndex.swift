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
///
/// FTS5 takes many messages for half the price of a few, so the index follows in batches. A search
/// reads the messages that are not in it yet by itself.
struct SearchIndex {
  /// Messages of later entries are not indexed yet.
  private var entry: UInt64
  /// Those messages, in order, so that they need not be read again.
  private var waiting: [MessageReading.Posting]
  private var shards: Int

  /// Messages that wait are read one by one in each search: as many as that takes a few milliseconds.
  static let waitingMax: UInt64 = 512
  private static let shardEntries: UInt64 = 65_536

  init(_ db: Database) throws {
    entry = try Self.progress(db)
    waiting = try MessageReading.postings(after: entry, newestFirst: false, db)
    shards = try Self.shardCount(db)
  }

  /// The newest entry that is taken in.
  static func progress(_ db: Database) throws -> UInt64 {
    try Row.fetchOne(db.cachedStatement(sql: "SELECT entry FROM search_progress"))?.number(0) ?? 0
  }

  mutating func post(_ posting: MessageReading.Posting) { waiting.append(posting) }

  /// - Parameters:
  ///   - entry: of the posting.
  ///   - old: the text until now.
  ///   - new: nil when the message is deleted.
  mutating func change(
    _ entry: UInt64, in channel: ChannelID, from old: String, to new: String?, _ db: Database
  ) throws {
    if entry > self.entry {
      if let index = waiting.lastIndex(where: { $0.entry == entry }) { waiting[index].text = new }
    } else {
      try Self.remove(old, entry: entry, channel: channel, db)
      if let new { try Self.insert(new, entry: entry, channel: channel, db) }
    }
  }

  /// Takes in what waits, once it is enough for a batch.
  mutating func catchUpIfDue(with newest: UInt64, _ db: Database) throws {
    guard newest - entry >= Self.waitingMax else { return }
    for message in waiting {
      let shard = Self.shard(of: message.entry)
      while shards <= shard {
        try Self.createShard(shards, db)
        shards += 1
      }
      guard let text = message.text else { continue }
      try Self.insert(text, entry: message.entry, channel: message.place.channel, db)
    }
    entry = newest
    waiting = []
    try db.cachedStatement(sql: "UPDATE search_progress SET entry = ?")
      .execute(arguments: [newest.column])
  }

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

  private static func createShard(_ shard: Int, _ db: Database) throws {
    try db.execute(
      sql: """
        CREATE VIRTUAL TABLE \(table(shard)) USING fts5(scope, text, content = '', columnsize = 0,
          tokenize = 'unicode61 remove_diacritics 2')
        """)
  }

  private static func insert(
    _ text: String, entry: UInt64, channel: ChannelID, _ db: Database
  ) throws {
    let table = table(shard(of: entry))
    try db.cachedStatement(sql: "INSERT INTO \(table) (rowid, scope, text) VALUES (?, ?, ?)")
      .execute(arguments: [entry.column, scope(channel), indexed(text)])
  }

  /// - Parameter text: exactly what was indexed.
  private static func remove(
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
