package import ConfabDomain
import Foundation
import GRDB
import Primitives

extension SQLiteJournal {
  package func messages(_ query: MessageQuery) throws(JournalError) -> MessagePage {
    try reading { db in
      let limit = query.limit.clampedToPage
      var after = query.visibility.afterSequence.column
      var through = Int64.max
      var newestFirst = false
      switch query.bound {
      case .newest:
        newestFirst = true
      case .beforeSequence(let sequence):
        newestFirst = true
        through = sequence.column - 1
      case .sinceSequence(let sequence):
        after = max(after, sequence.column)
      case .sinceTime(let time):
        let last = try MessageReading.lastSequence(notAfter: time, in: query.channel, db)
        after = max(after, last.column)
      }
      var messages = try MessageReading.records(
        in: query.channel, after: after, through: through, newestFirst: newestFirst,
        limit: limit + 1, db)
      let more = messages.count > limit
      if more { messages.removeLast() }
      if newestFirst { messages.reverse() }
      return MessagePage(
        messages: messages, more: more,
        asOfPosition: try MessageReading.newestPosition(of: query.channel, db))
    }
  }

  package func events(_ query: EventQuery) throws(JournalError) -> EventPage {
    try reading { db in
      let limit = query.limit.clampedToPage
      let rows = try Row.fetchCursor(
        db.cachedStatement(
          sql: """
            SELECT entry, payload, text FROM entries
            WHERE channel = ? AND position > ? ORDER BY position LIMIT ?
            """), arguments: [query.channel.column, query.afterPosition.column, limit + 1])
      var events: [StampedEvent] = []
      while let row = try rows.next() {
        events.append(try Self.event(row, db))
      }
      let more = events.count > limit
      if more { events.removeLast() }
      return EventPage(events: events, more: more)
    }
  }

  /// An event with its text; one whose text an edit took away tells the text as it is now.
  private static func event(_ row: Row, _ db: Database) throws -> StampedEvent {
    let text = try row.text(2)
    let stamped = try EventCodec.decode(row.bytes(1), entry: row.number(0), text: text ?? "")
    guard text == nil, let place = stamped.textPlace,
      let now = try MessageReading.record(place, db)?.text, !now.isEmpty
    else { return stamped }
    return try EventCodec.decode(row.bytes(1), entry: row.number(0), text: now)
  }

  package func facts(
    of sequence: UInt64, in channel: ChannelID
  ) throws(JournalError) -> MessageFacts? {
    try reading { db in
      try MessageReading.record(MessagePlace(channel, sequence), db).map {
        MessageFacts(author: $0.author, isDeleted: $0.isDeleted, reactions: $0.reactions)
      }
    }
  }

  package func storedMessage(_ id: MessageID) throws(JournalError) -> StoredMessage? {
    try reading { db in
      try MessageIDs.find(id, db).flatMap { StoredMessage($0) }
    }
  }

  package func audit(_ query: AuditQuery) throws(JournalError) -> AuditPage {
    try reading { db in
      let limit = query.limit.clampedToPage
      var after = query.newestFirst ? 0 : query.afterEntry
      if let since = query.since { after = max(after, try Self.lastEntry(notAfter: since, db)) }
      let before =
        query.newestFirst && query.afterEntry > 0 ? query.afterEntry.column : Int64.max
      let order = query.newestFirst ? "DESC" : "ASC"
      let rows = try Row.fetchCursor(
        db.cachedStatement(
          sql: """
            SELECT entry, payload, chain FROM entries WHERE entry > ? AND entry < ?
            ORDER BY entry \(order)
            """),
        arguments: [after.column, before])
      var records: [AuditRecord] = []
      while records.count <= limit, let row = try rows.next() {
        let event = try EventCodec.decode(row.bytes(1), entry: row.number(0), text: "")
        // After a jump of the clock, older times follow newer ones.
        if let since = query.since, event.event.at <= since { continue }
        records.append(AuditRecord(event: event, chain: try row.bytes(2)))
      }
      let more = records.count > limit
      if more { records.removeLast() }
      return AuditPage(records: records, more: more)
    }
  }

  /// The newest entry of those at the beginning that are all not after a time.
  private static func lastEntry(notAfter time: WallTime, _ db: Database) throws -> UInt64 {
    let newest = try UInt64.fetchOne(db, sql: "SELECT max(entry) FROM entries") ?? 0
    let clock = try db.cachedStatement(sql: "SELECT clock FROM entries WHERE entry = ?")
    return try lastNumber(through: newest) { entry in
      let value = try Int64.fetchOne(clock, arguments: [entry.column]) ?? Int64.max
      return value <= time.millisecondsSinceEpoch
    }
  }

  package func verifyAudit() throws(JournalError) -> AuditVerdict {
    try reading { db in try AuditReading.verify(db) }
  }
}

/// The greatest number of 1…newest that satisfies a condition which all before it satisfy too; 0 when
/// none does.
func lastNumber<Failure: Error>(
  through newest: UInt64, satisfying condition: (UInt64) throws(Failure) -> Bool
) throws(Failure) -> UInt64 {
  var (yes, no) = (UInt64(0), newest + 1)
  while yes + 1 < no {
    let middle = yes + (no - yes) / 2
    if try condition(middle) { yes = middle } else { no = middle }
  }
  return yes
}

extension Int {
  /// What one page may hold.
  var clampedToPage: Int { Swift.min(Swift.max(self, 1), Limits.pageRecordsMax) }
}
