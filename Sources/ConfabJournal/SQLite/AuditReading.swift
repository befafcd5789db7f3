import ConfabDomain
import GRDB

/// Reads all entries for the verifier.
enum AuditReading {
  static func verify(_ db: Database) throws -> AuditVerdict {
    var verifier = AuditVerifier()
    let rows = try Row.fetchCursor(
      db, sql: "SELECT entry, payload, salt, text, chain FROM entries ORDER BY entry")
    while !verifier.isBroken, let row = try rows.next() {
      verifier.check(try stored(row))
    }
    return verifier.verdict()
  }

  private static func stored(_ row: Row) throws -> StoredEntry {
    var sealed: SealedText?
    if let text = try row.text(3) {
      sealed = SealedText(text: text, salt: try row.bytesIfAny(2) ?? [])
    }
    return StoredEntry(
      entry: try row.number(0), payload: try row.bytes(1), text: sealed, chain: try row.bytes(4))
  }
}
