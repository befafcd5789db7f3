import ConfabDomain
import Foundation
import GRDB
import Primitives

/// The tables that know what became of each message.
enum MessageView {
  /// Takes an entry in, which is in `entries` already.
  static func apply(
    _ stamped: StampedEvent, _ index: inout SearchIndex, _ db: Database
  ) throws {
    switch stamped.event.body {
    case .messagePosted(let channel, let message):
      guard let sequence = stamped.sequence else { return }
      try post(message, at: Place(channel, sequence), entry: stamped.entry, &index, db)
    case .messageEdited(let channel, let sequence, let text):
      try edit(Place(channel, sequence), to: text, stamped, &index, db)
    case .messageDeleted(let channel, let sequence):
      try delete(Place(channel, sequence), &index, db)
    case .reactionAdded(let channel, let sequence, let emoji):
      guard let account = stamped.event.by else { return }
      try db.cachedStatement(
        sql: "INSERT OR IGNORE INTO reactions VALUES (?, ?, ?, ?, ?)"
      ).execute(arguments: [
        channel.column, sequence.column, emoji, account.column, stamped.entry.column,
      ])
    case .reactionRemoved(let channel, let sequence, let emoji):
      guard let account = stamped.event.by else { return }
      try db.cachedStatement(
        sql: """
          DELETE FROM reactions WHERE channel = ? AND sequence = ? AND emoji = ? AND account = ?
          """
      ).execute(arguments: [channel.column, sequence.column, emoji, account.column])
    default: break
    }
  }

  /// Whether the event edits a message that is deleted already, so that its text must not be kept.
  static func isDeleted(_ body: Event.Body, _ db: Database) throws -> Bool {
    guard case .messageEdited(let channel, let sequence, _) = body else { return false }
    return try Standing.of(Place(channel, sequence), db)?.isDeleted ?? false
  }

  private static func post(
    _ message: NewMessage, at place: Place, entry: UInt64, _ index: inout SearchIndex,
    _ db: Database
  ) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO messages (channel, sequence, entry, text_entry) VALUES (?1, ?2, ?3, ?3)
        """
    ).execute(arguments: [place.channel.column, place.sequence.column, entry.column])
    // The first with an id is the one that retries are told of.
    try db.cachedStatement(sql: "INSERT OR IGNORE INTO message_ids VALUES (?, ?)")
      .execute(arguments: [Data(message.id.bytes), entry.column])
    index.post(MessageReading.Posting(entry: entry, place: place, text: message.text))
  }

  private static func edit(
    _ place: Place, to text: String, _ stamped: StampedEvent, _ index: inout SearchIndex,
    _ db: Database
  ) throws {
    guard let standing = try Standing.of(place, db), !standing.isDeleted else { return }
    try db.cachedStatement(
      sql: """
        UPDATE messages SET text_entry = ?, edited_at = ? WHERE channel = ? AND sequence = ?
        """
    ).execute(arguments: [
      stamped.entry.column, stamped.event.at.millisecondsSinceEpoch, place.channel.column,
      place.sequence.column,
    ])
    try db.cachedStatement(sql: "INSERT INTO edits VALUES (?, ?, ?)").execute(
      arguments: [place.channel.column, place.sequence.column, stamped.entry.column])
    try index.change(standing.entry, in: place.channel, from: standing.text, to: text, db)
  }

  private static func delete(
    _ place: Place, _ index: inout SearchIndex, _ db: Database
  ) throws {
    guard let standing = try Standing.of(place, db), !standing.isDeleted else { return }
    try index.change(standing.entry, in: place.channel, from: standing.text, to: nil, db)
    try db.cachedStatement(sql: "INSERT OR IGNORE INTO purges VALUES (?)")
      .execute(arguments: [SearchIndex.shard(of: standing.entry)])
    try db.cachedStatement(
      sql: """
        UPDATE entries SET salt = NULL, text = NULL WHERE entry = ?3 OR entry IN
          (SELECT entry FROM edits WHERE channel = ?1 AND sequence = ?2)
        """
    ).execute(arguments: [place.channel.column, place.sequence.column, standing.entry.column])
    try db.cachedStatement(
      sql: "UPDATE messages SET deleted = 1 WHERE channel = ? AND sequence = ?"
    ).execute(arguments: [place.channel.column, place.sequence.column])
  }

  typealias Place = MessagePlace

  /// A message as it stands before a change.
  private struct Standing {
    var entry: UInt64
    var isDeleted: Bool
    var text: String

    static func of(_ place: Place, _ db: Database) throws -> Standing? {
      let row = try Row.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT m.entry, m.deleted, t.text FROM messages m
            JOIN entries t ON t.entry = m.text_entry WHERE m.channel = ? AND m.sequence = ?
            """), arguments: [place.channel.column, place.sequence.column])
      guard let row else { return nil }
      return Standing(
        entry: try row.number(0), isDeleted: try row.number(1) != 0, text: try row.text(2) ?? "")
    }
  }
}

extension MessagePlace {
  init(_ channel: ChannelID, _ sequence: UInt64) {
    self.init(channel: channel, sequence: sequence)
  }
}
