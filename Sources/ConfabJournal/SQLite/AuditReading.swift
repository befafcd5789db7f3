import ConfabDomain
import GRDB

/// Checks that the entries have the numbers which their events give, and that the snapshot, which a
/// start believes, says what they say: who makes somebody an owner there shows as well.
private struct StateVerifier {
  let snapshot: PlaceState?
  private var state = PlaceState()
  /// The first entry of which something else is said.
  private(set) var wrong: UInt64?

  init(snapshot: PlaceState?) { self.snapshot = snapshot }

  mutating func check(_ stamped: StampedEvent) {
    guard wrong == nil else { return }
    guard state.apply(stamped.event) == stamped else {
      wrong = stamped.entry
      return
    }
    if let snapshot, snapshot.entry == stamped.entry, snapshot != state { wrong = stamped.entry }
  }
}

/// Reads all entries for the verifiers.
enum AuditReading {
  static func verify(_ db: Database) throws -> AuditVerdict {
    var verifier = AuditVerifier()
    var views = ViewVerifier()
    var state = StateVerifier(snapshot: try SQLiteJournal.snapshot(db))
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT entry, payload, chain, salt, text, clock, kind, channel, position, sequence
        FROM entries ORDER BY entry
        """)
    while let row = try rows.next() {
      guard let decoded = verifier.check(try stored(row)) else { break }
      let columns = ViewVerifier.Columns(
        clock: try row.milliseconds(5), kind: try Int(row.milliseconds(6)),
        channel: try row.numberIfAny(7), position: try row.numberIfAny(8),
        sequence: try row.numberIfAny(9))
      try views.check(decoded, columns: columns, db)
      state.check(decoded.event)
    }
    var verdict = verifier.verdict(head: try ChainHead.noted(db))
    if verdict.brokenAt == nil {
      verdict.brokenAt = [state.wrong, try views.firstWrong(db)].compactMap { $0 }.min()
    }
    return verdict
  }

  private static func stored(_ row: Row) throws -> StoredEntry {
    var sealed: SealedText?
    if let text = try row.text(4) {
      sealed = SealedText(text: text, salt: try row.bytesIfAny(3) ?? [])
    }
    return StoredEntry(
      entry: try row.number(0), payload: try row.bytes(1), text: sealed, chain: try row.bytes(2))
  }
}
