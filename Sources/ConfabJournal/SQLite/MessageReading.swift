import ConfabDomain
import GRDB
import Primitives

/// Puts messages together from the tables.
enum MessageReading {
  private static let columns = """
    m.sequence, m.entry, e.payload, t.text, m.edited_at, m.deleted FROM messages m
    JOIN entries e ON e.entry = m.entry JOIN entries t ON t.entry = m.text_entry
    """

  static func records(
    in channel: ChannelID, after: Int64, through: Int64, newestFirst: Bool, limit: Int,
    _ db: Database
  ) throws -> [MessageRecord] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT \(columns) WHERE m.channel = ? AND m.sequence > ? AND m.sequence <= ?
          ORDER BY m.sequence \(newestFirst ? "DESC" : "ASC") LIMIT ?
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

  /// A message with its text as it is now, nil when deleted.
  struct Posting {
    var entry: UInt64
    var place: MessagePlace
    var text: String?
  }

  /// All messages of the entries after one. For the few at the journal's end.
  static func postings(
    after entry: UInt64, newestFirst: Bool, _ db: Database
  ) throws -> [Posting] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT e.entry, e.channel, e.sequence, t.text FROM entries e
          JOIN messages m ON m.channel = e.channel AND m.sequence = e.sequence
          JOIN entries t ON t.entry = m.text_entry
          WHERE e.entry > ? ORDER BY e.entry \(newestFirst ? "DESC" : "ASC")
          """), arguments: [entry.column])
    var postings: [Posting] = []
    while let row = try rows.next() {
      postings.append(
        Posting(
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
        db, sql: "SELECT max(sequence) FROM messages WHERE channel = ?",
        arguments: [channel.column]) ?? 0
    let posting = try db.cachedStatement(
      sql: """
        SELECT e.entry, e.payload FROM messages m JOIN entries e ON e.entry = m.entry
        WHERE m.channel = ? AND m.sequence = ?
        """)
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
    let entry = try row.number(1)
    let posting = try EventCodec.decode(row.bytes(2), entry: entry, text: "")
    let record = MessageRecord(
      posting, text: try row.text(3) ?? "", editedAt: try row.timeIfAny(4),
      isDeleted: try row.number(5) != 0, reactions: [])
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
