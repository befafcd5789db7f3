import ConfabDomain
import GRDB
import Primitives

/// Checks that the tables which answer readers say what the entries say: whoever turns a view to
/// another entry shows as well as who changes the entry.
struct ViewVerifier {
  /// How a message must stand that is not as it was posted.
  private struct Standing: Equatable {
    var textEntry: UInt64
    var editedAt: Int64?
    var isDeleted = false
  }

  private struct ReactionKey: Hashable {
    var place: MessagePlace
    var emoji: String
    var account: AccountID
  }

  /// What an entry's row says of itself beside the payload.
  struct Columns: Equatable {
    var clock: Int64
    var kind: Int
    var channel: UInt64?
    var position: UInt64?
    var sequence: UInt64?
  }

  private var clock = Int64.min
  private var changed: [MessagePlace: Standing] = [:]
  private var reactions: [ReactionKey: UInt64] = [:]
  private var wrong: UInt64?

  mutating func check(_ decoded: DecodedEntry, columns: Columns, _ db: Database) throws {
    let stamped = decoded.event
    clock = max(clock, stamped.event.at.millisecondsSinceEpoch)
    let expected = Columns(
      clock: clock, kind: decoded.kind, channel: stamped.event.body.channel?.rawValue,
      position: stamped.position, sequence: stamped.sequence)
    if columns != expected { note(stamped.entry) }
    switch stamped.event.body {
    case .messageEdited(let channel, let sequence, _):
      let place = MessagePlace(channel, sequence)
      guard try posting(of: place, before: stamped.entry, db) != nil,
        changed[place]?.isDeleted != true
      else { return }
      changed[place] = Standing(
        textEntry: stamped.entry, editedAt: stamped.event.at.millisecondsSinceEpoch)
    case .messageDeleted(let channel, let sequence):
      let place = MessagePlace(channel, sequence)
      guard let posting = try posting(of: place, before: stamped.entry, db) else { return }
      changed[place, default: Standing(textEntry: posting)].isDeleted = true
    case .reactionAdded(let channel, let sequence, let emoji):
      guard let key = key(stamped, channel, sequence, emoji) else { return }
      if reactions[key] == nil { reactions[key] = stamped.entry }
    case .reactionRemoved(let channel, let sequence, let emoji):
      guard let key = key(stamped, channel, sequence, emoji) else { return }
      reactions[key] = nil
    default: break
    }
  }

  /// The first entry of which a view says something else. A row too many belongs to none, and puts
  /// all in doubt from the first.
  mutating func firstWrong(_ db: Database) throws -> UInt64? {
    for (place, standing) in changed where try self.standing(of: place, db) != standing {
      note(standing.textEntry)
    }
    for (key, entry) in reactions {
      let found = try Int64.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT entry FROM reactions
            WHERE channel = ? AND sequence = ? AND emoji = ? AND account = ?
            """),
        arguments: [
          key.place.channel.column, key.place.sequence.column, key.emoji, key.account.column,
        ])
      if found != entry.column { note(entry) }
    }
    let isCounted =
      try Self.count(db, "reactions") == reactions.count
      && Self.count(db, "changes") == changed.count
    return wrong ?? (isCounted ? nil : 1)
  }

  private mutating func note(_ entry: UInt64) { wrong = min(wrong ?? entry, entry) }

  private func key(
    _ stamped: StampedEvent, _ channel: ChannelID, _ sequence: UInt64, _ emoji: String
  ) -> ReactionKey? {
    stamped.event.by.map {
      ReactionKey(place: MessagePlace(channel, sequence), emoji: emoji, account: $0)
    }
  }

  private func posting(
    of place: MessagePlace, before entry: UInt64, _ db: Database
  ) throws -> UInt64? {
    try Row.fetchOne(
      db.cachedStatement(
        sql: "SELECT entry FROM entries WHERE channel = ? AND sequence = ? AND entry < ?"),
      arguments: [place.channel.column, place.sequence.column, entry.column])?.number(0)
  }

  private func standing(of place: MessagePlace, _ db: Database) throws -> Standing? {
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT text_entry, edited_at, deleted FROM changes WHERE channel = ? AND sequence = ?
          """), arguments: [place.channel.column, place.sequence.column])
    guard let row else { return nil }
    return Standing(
      textEntry: try row.number(0),
      editedAt: try row.timeIfAny(1)?.millisecondsSinceEpoch, isDeleted: try row.number(2) != 0)
  }

  private static func count(_ db: Database, _ what: String) throws -> Int {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM \(what)") ?? 0
  }
}
