import ConfabDomain
import Foundation
import GRDB

/// Which entry first used an id: the one that retries are told of.
enum MessageIDs {
  static func insert(_ ids: [(id: MessageID, entry: UInt64)], _ db: Database) throws {
    let insertion = try db.cachedStatement(sql: "INSERT OR IGNORE INTO message_ids VALUES (?, ?)")
    for (id, entry) in ids {
      try insertion.execute(arguments: [Data(id.bytes), entry.column])
    }
  }

  /// The message that first used an id, among all that are stored.
  static func find(_ id: MessageID, _ db: Database) throws -> StampedEvent? {
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT e.entry, e.payload FROM message_ids i JOIN entries e ON e.entry = i.entry
          WHERE i.id = ?
          """), arguments: [Data(id.bytes)])
    if let row { return try EventCodec.decode(row.bytes(1), entry: row.number(0), text: "") }
    return try forEach(after: try WaitingPostings.progress(db), db) { posted, stamped in
      posted == id ? stamped : nil
    }
  }

  static func read(after entry: UInt64, _ db: Database) throws -> [(id: MessageID, entry: UInt64)] {
    var ids: [(id: MessageID, entry: UInt64)] = []
    try forEach(after: entry, db) { id, stamped -> Void? in
      ids.append((id, stamped.entry))
      return nil
    }
    return ids
  }

  /// Goes through the messages of the entries after one, in order, until it is given an answer. One that
  /// is damaged is passed by: to say so is the audit's task, and the rest is as good as it was.
  @discardableResult
  private static func forEach<Answer>(
    after entry: UInt64, _ db: Database, _ body: (MessageID, StampedEvent) throws -> Answer?
  ) throws -> Answer? {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT entry, payload FROM entries WHERE entry > ? AND +sequence IS NOT NULL
          ORDER BY entry
          """), arguments: [entry.column])
    while let row = try rows.next() {
      guard let stamped = try? EventCodec.decode(row.bytes(1), entry: row.number(0), text: ""),
        case .messagePosted(_, let message) = stamped.event.body
      else { continue }
      if let answer = try body(message.id, stamped) { return answer }
    }
    return nil
  }
}
