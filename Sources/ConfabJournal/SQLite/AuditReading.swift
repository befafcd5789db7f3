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
        SELECT entry, payload, chain, salt, text, channel, position, sequence FROM entries
        ORDER BY entry
        """)
    while !verifier.isBroken, let row = try rows.next() {
      let stored = try stored(row)
      verifier.check(stored)
      guard !verifier.isBroken else { break }
      try views.check(
        try stored.decoded(),
        columns: (row.numberIfAny(5), row.numberIfAny(6), row.numberIfAny(7)), db)
    }
    var verdict = verifier.verdict()
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
