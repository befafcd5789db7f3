import ConfabDomain
import GRDB

/// Messages that are stored and not yet in the search index nor in `message_ids`.
///
/// Both are B-trees that take many messages for a fraction of the price of each alone, so they follow
/// in batches. Who asks for the newest messages reads those that wait one by one.
struct WaitingPostings {
  /// A message with its text as it is now, nil when deleted.
  struct Posting {
    var entry: UInt64
    var place: MessagePlace
    var text: String?
  }

  /// Messages of later entries wait.
  private var entry: UInt64
  /// In order, so that they need not be read again.
  private var postings: [Posting]
  private var ids: [(id: MessageID, entry: UInt64)]
  private var shards: Int

  /// A search reads the texts of so many entries in a few milliseconds.
  static let entriesMax: UInt64 = 2_048

  init(_ db: Database) throws {
    entry = try Self.progress(db)
    postings = try MessageReading.postings(after: entry, newestFirst: false, db)
    ids = try MessageIDs.read(after: entry, db)
    shards = try SearchIndex.shardCount(db)
  }

  /// The newest entry that is taken in.
  static func progress(_ db: Database) throws -> UInt64 {
    try Row.fetchOne(db.cachedStatement(sql: "SELECT entry FROM indexed"))?.number(0) ?? 0
  }

  mutating func post(_ message: NewMessage, at place: MessagePlace, entry: UInt64) {
    postings.append(Posting(entry: entry, place: place, text: message.text))
    ids.append((message.id, entry))
  }

  /// - Parameters:
  ///   - entry: of the posting.
  ///   - old: the text until now.
  ///   - new: nil when the message is deleted.
  mutating func change(
    _ entry: UInt64, in channel: ChannelID, from old: String, to new: String?, _ db: Database
  ) throws {
    if entry > self.entry {
      if let index = postings.lastIndex(where: { $0.entry == entry }) { postings[index].text = new }
    } else {
      try SearchIndex.remove(old, entry: entry, channel: channel, db)
      if let new { try SearchIndex.insert(new, entry: entry, channel: channel, db) }
    }
  }

  /// Takes in what waits, once it is enough for a batch.
  mutating func takeInIfDue(through newest: UInt64, _ db: Database) throws {
    guard newest - entry >= Self.entriesMax else { return }
    for message in postings {
      let shard = SearchIndex.shard(of: message.entry)
      while shards <= shard {
        try SearchIndex.createShard(shards, db)
        shards += 1
      }
      guard let text = message.text else { continue }
      try SearchIndex.insert(text, entry: message.entry, channel: message.place.channel, db)
    }
    try MessageIDs.insert(ids, db)
    entry = newest
    postings = []
    ids = []
    try db.cachedStatement(sql: "UPDATE indexed SET entry = ?").execute(arguments: [newest.column])
  }
}
