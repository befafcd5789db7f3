import ConfabDomain
import Foundation
import GRDB
import Primitives

/// The tables that know what became of messages after they were posted.
enum MessageView {
  /// Takes an entry in, which is in `entries` already.
  static func apply(
    _ stamped: StampedEvent, _ waiting: inout WaitingPostings, _ db: Database
  ) throws {
    switch stamped.event.body {
    case .messagePosted(let channel, let message):
      guard let sequence = stamped.sequence else { return }
      waiting.post(message, at: Place(channel, sequence), entry: stamped.entry)
    case .messageEdited(let channel, let sequence, let text):
      try edit(Place(channel, sequence), to: text, stamped, &waiting, db)
    case .messageDeleted(let channel, let sequence):
      try delete(Place(channel, sequence), &waiting, db)
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

  private static func edit(
    _ place: Place, to text: String, _ stamped: StampedEvent, _ waiting: inout WaitingPostings,
    _ db: Database
  ) throws {
    guard let standing = try Standing.of(place, db), !standing.isDeleted else { return }
    try db.cachedStatement(sql: "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?, 0)").execute(
      arguments: [
        place.channel.column, place.sequence.column, stamped.entry.column,
        stamped.event.at.millisecondsSinceEpoch,
      ])
    try empty(standing, db)
    try waiting.change(standing.entry, in: place.channel, from: standing.text, to: text, db)
  }

  private static func delete(
    _ place: Place, _ waiting: inout WaitingPostings, _ db: Database
  ) throws {
    guard let standing = try Standing.of(place, db), !standing.isDeleted else { return }
    try waiting.change(standing.entry, in: place.channel, from: standing.text, to: nil, db)
    try empty(standing, db)
    try db.cachedStatement(
      sql: """
        INSERT INTO changes VALUES (?, ?, ?, NULL, 1) ON CONFLICT DO UPDATE SET deleted = 1
        """
    ).execute(arguments: [
      place.channel.column, place.sequence.column, standing.entry.column,
    ])
  }

  /// Takes away the text that a message had until now: the only one of it that is left.
  private static func empty(_ standing: Standing, _ db: Database) throws {
    try db.cachedStatement(sql: "UPDATE entries SET salt = NULL, text = NULL WHERE entry = ?")
      .execute(arguments: [standing.textEntry.column])
    try db.cachedStatement(sql: "INSERT OR IGNORE INTO purges VALUES (?)")
      .execute(arguments: [SearchIndex.shard(of: standing.entry)])
  }

  typealias Place = MessagePlace

  /// A message as it stands before a change.
  private struct Standing {
    var entry: UInt64
    /// The entry whose text is the message's.
    var textEntry: UInt64
    var isDeleted: Bool
    var text: String

    static func of(_ place: Place, _ db: Database) throws -> Standing? {
      let row = try Row.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT e.entry, t.entry, c.deleted IS TRUE, t.text FROM entries e
            LEFT JOIN changes c ON c.channel = e.channel AND c.sequence = e.sequence
            JOIN entries t ON t.entry = coalesce(c.text_entry, e.entry)
            WHERE e.channel = ? AND e.sequence = ?
            """), arguments: [place.channel.column, place.sequence.column])
      guard let row else { return nil }
      return Standing(
        entry: try row.number(0), textEntry: try row.number(1),
        isDeleted: try row.number(2) != 0, text: try row.text(3) ?? "")
    }
  }
}

extension MessagePlace {
  init(_ channel: ChannelID, _ sequence: UInt64) {
    self.init(channel: channel, sequence: sequence)
  }
}
