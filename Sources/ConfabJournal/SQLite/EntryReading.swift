import ConfabDomain
import Foundation
import GRDB

/// Reads the journal itself, entry by entry.
enum EntryReading {
  /// Without their texts.
  static func events(after entry: UInt64, _ db: Database) throws -> [StampedEvent] {
    try Row.fetchAll(
      db, sql: "SELECT entry, payload FROM entries WHERE entry > ? ORDER BY entry",
      arguments: [entry.column]
    ).map { row in try EventCodec.decode(row.bytes(1), entry: row.number(0), text: "") }
  }
}
