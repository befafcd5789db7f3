package import ConfabDomain
import GRDB

extension SQLiteJournal {
  package func search(_ query: SearchQuery) throws(JournalError) -> [SearchHit] {
    let terms = try SearchTerms(query.words)
    let phrases = terms.terms.map { Phrase($0) }
    return try reading { db in
      let reach = try SearchReach(query.scope, db)
      let limit = query.limit.clampedToPage
      var hits: [SearchHit] = []
      func take(_ place: MessagePlace) throws -> Bool {
        guard let message = try MessageReading.record(place, db) else { return true }
        let snippet = Snippet.make(of: message.text, for: phrases)
        hits.append(SearchHit(message: message, snippet: snippet))
        return hits.count < limit
      }
      try Self.forEachWaitingMatch(phrases, reach: reach, db, take)
      for shard in (0..<(try SearchIndex.shardCount(db))).reversed() where hits.count < limit {
        try SearchIndex.forEachMatch(terms, in: shard, reach: reach, db, take)
      }
      return hits
    }
  }

  /// The newest messages, which the index does not hold yet.
  private static func forEachWaitingMatch(
    _ phrases: [Phrase], reach: SearchReach, _ db: Database,
    _ body: (MessagePlace) throws -> Bool
  ) throws {
    let progress = try WaitingPostings.progress(db)
    for posting in try MessageReading.postings(after: progress, newestFirst: true, db)
    where reach.allows(posting.entry, in: posting.place.channel) {
      guard let text = posting.text else { continue }
      let words = Words(text)
      guard phrases.allSatisfy({ !$0.matches(in: words).isEmpty }) else { continue }
      guard try body(posting.place) else { return }
    }
  }
}

/// How far back a reader may see in each channel, in entries of the journal.
struct SearchReach {
  /// The first entry that may be seen. A dictionary is only looked up; the order is the scope's.
  private var firstEntries: [ChannelID: UInt64] = [:]
  private var channels: [ChannelID] = []

  init(_ scope: [SearchQuery.Scope], _ db: Database) throws {
    let firstVisible = try db.cachedStatement(
      sql: """
        SELECT entry FROM entries WHERE channel = ? AND sequence > ? ORDER BY sequence LIMIT 1
        """)
    for part in scope where firstEntries[part.channel] == nil {
      let row = try Row.fetchOne(
        firstVisible, arguments: [part.channel.column, part.visibility.afterSequence.column])
      guard let entry = try row?.number(0) else { continue }
      firstEntries[part.channel] = entry
      channels.append(part.channel)
    }
  }

  /// The channels of which something in a shard may be seen.
  func channels(in shard: Int) -> [ChannelID] {
    let last = SearchIndex.entries(in: shard).upperBound
    return channels.filter { firstEntries[$0, default: .max] <= last }
  }

  func allows(_ entry: UInt64, in channel: ChannelID) -> Bool {
    entry >= firstEntries[channel, default: .max]
  }
}

extension SearchIndex {
  /// Calls for each message that may be seen, the newest first, until told to stop by false.
  static func forEachMatch(
    _ terms: SearchTerms, in shard: Int, reach: SearchReach, _ db: Database,
    _ body: (MessagePlace) throws -> Bool
  ) throws {
    let channels = reach.channels(in: shard)
    guard !channels.isEmpty else { return }
    let table = table(shard)
    let found = try Row.fetchCursor(
      db.cachedStatement(
        sql: "SELECT rowid FROM \(table) WHERE \(table) MATCH ? ORDER BY rowid DESC"),
      arguments: [expression(terms, channels: channels)])
    let posting = try db.cachedStatement(
      sql: "SELECT channel, sequence FROM entries WHERE entry = ? AND sequence NOT NULL")
    while let entry = try found.next()?.number(0) {
      guard let row = try Row.fetchOne(posting, arguments: [entry.column]) else {
        throw JournalError.corrupt("entry \(entry) is not the message that it should be")
      }
      let place = MessagePlace(ChannelID(try row.number(0)), try row.number(1))
      guard reach.allows(entry, in: place.channel) else { continue }
      guard try body(place) else { return }
    }
  }

  /// Everything typed stands in quotes, where FTS5 knows no operators.
  private static func expression(_ terms: SearchTerms, channels: [ChannelID]) -> String {
    let scopes = channels.map { "\"\(scope($0))\"" }.joined(separator: " OR ")
    let words = terms.terms.map { term in
      "\"\(term.text.replacing("\"", with: "\"\""))\"\(term.isPrefix ? " *" : "")"
    }.joined(separator: " AND ")
    return "scope : (\(scopes)) AND text : (\(words))"
  }
}
