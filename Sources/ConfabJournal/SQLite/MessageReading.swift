import ConfabDomain
import GRDB
import Primitives

/// Puts messages together from the tables.
enum MessageReading {
  /// The text of `e` as it is now, for a query that joins its row of `changes` as `c`.
  private static let textNow = """
    CASE WHEN c.text_entry IS NULL THEN e.text
      ELSE (SELECT t.text FROM entries t WHERE t.entry = c.text_entry) END
    """
  private static let changes = """
    LEFT JOIN changes c ON c.channel = e.channel AND c.sequence = e.sequence
    """

  static func records(
    in channel: ChannelID, after: Int64, through: Int64, newestFirst: Bool, limit: Int,
    _ db: Database
  ) throws -> [MessageRecord] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT e.entry, e.payload, \(textNow), c.edited_at, c.deleted IS TRUE
          FROM entries e INDEXED BY entries_by_sequence \(changes)
          WHERE e.channel = ? AND e.sequence > ? AND e.sequence <= ?
          ORDER BY e.sequence \(newestFirst ? "DESC" : "ASC") LIMIT ?
          """), arguments: [channel.column, after, through, limit])
    var records: [MessageRecord] = []
    while let row = try rows.next() { records.append(try record(row)) }
    try addReactions(to: &records, in: channel, db)
    return records
  }

  static func record(_ place: MessagePlace, _ db: Database) throws -> MessageRecord? {
    let sequence = place.sequence.column
    guard sequence > 0 else { return nil }
    return try records(
      in: place.channel, after: sequence - 1, through: sequence, newestFirst: false, limit: 1, db
    ).first
  }

  /// All messages of the entries after one. For the few at the journal's end.
  static func postings(
    after entry: UInt64, newestFirst: Bool, _ db: Database
  ) throws -> [WaitingPostings.Posting] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT e.entry, e.channel, e.sequence, \(textNow) FROM entries e \(changes)
          WHERE e.entry > ? AND +e.sequence IS NOT NULL
          ORDER BY e.entry \(newestFirst ? "DESC" : "ASC")
          """), arguments: [entry.column])
    var postings: [WaitingPostings.Posting] = []
    while let row = try rows.next() {
      postings.append(
        WaitingPostings.Posting(
          entry: try row.number(0),
          place: MessagePlace(ChannelID(try row.number(1)), try row.number(2)),
          text: try row.text(3)))
    }
    return postings
  }

  /// The newest message that is not after a time; times never decrease within a channel, and
  /// sequences have no gaps.
  static func lastSequence(
    notAfter time: WallTime, in channel: ChannelID, _ db: Database
  ) throws -> UInt64 {
    let newest =
      try UInt64.fetchOne(
        db,
        sql: "SELECT max(sequence) FROM entries WHERE channel = ? AND sequence IS NOT NULL",
        arguments: [channel.column]) ?? 0
    let posting = try db.cachedStatement(
      sql: "SELECT entry, payload FROM entries WHERE channel = ? AND sequence = ?")
    return try lastNumber(through: newest) { sequence in
      guard
        let row = try Row.fetchOne(posting, arguments: [channel.column, sequence.column])
      else { return true }
      let event = try EventCodec.decode(row.bytes(1), entry: row.number(0), text: "").event
      return event.at <= time
    }
  }

  static func newestPosition(of channel: ChannelID, _ db: Database) throws -> UInt64 {
    try UInt64.fetchOne(
      db.cachedStatement(
        sql: "SELECT max(position) FROM entries WHERE channel = ? AND position IS NOT NULL"),
      arguments: [channel.column]) ?? 0
  }

  private static func record(_ row: Row) throws -> MessageRecord {
    let entry = try row.number(0)
    let posting = try EventCodec.decode(row.bytes(1), entry: entry, text: "")
    let record = MessageRecord(
      posting, text: try row.text(2) ?? "", editedAt: try row.timeIfAny(3),
      isDeleted: try row.number(4) != 0, reactions: [])
    guard let record else {
      throw JournalError.corrupt("entry \(entry) is not the message that it should be")
    }
    return record
  }

  private static func addReactions(
    to records: inout [MessageRecord], in channel: ChannelID, _ db: Database
  ) throws {
    guard let first = records.first?.sequence, let last = records.last?.sequence else { return }
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT sequence, emoji, account FROM reactions
          WHERE channel = ? AND sequence BETWEEN ? AND ? ORDER BY entry
          """),
      arguments: [channel.column, min(first, last).column, max(first, last).column])
    while let row = try rows.next() {
      let sequence = try row.number(0)
      // Records stand in order without gaps, either way.
      let index = Int(clamping: sequence > first ? sequence - first : first - sequence)
      guard records.indices.contains(index), records[index].sequence == sequence else { continue }
      records[index].reactions.add(try row.string(1), by: AccountID(try row.number(2)))
    }
  }
}
