import ConfabDomain
import GRDB

/// Reads all entries for the verifiers.
enum AuditReading {
  static func verify(_ db: Database) throws -> AuditVerdict {
    var verifier = AuditVerifier()
    var views = ViewVerifier()
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
    }
    var verdict = verifier.verdict(head: try ChainHead.noted(db))
    if verdict.brokenAt == nil { verdict.brokenAt = try views.firstWrong(db) }
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
