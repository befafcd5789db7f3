import Foundation
import GRDB

/// The head of the audit chain as it is noted beside the entries, so that removing the last of them
/// shows.
enum ChainHead {
  /// Nil in a file of format 1, which has none. One that is missing later breaks the chain at its start.
  static func noted(_ db: Database) throws -> AuditChain? {
    guard try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 >= 2 else { return nil }
    let row = try Row.fetchOne(db, sql: "SELECT entry, chain FROM chain_head WHERE id = 1")
    guard let row else { return .start }
    return AuditChain(entry: try row.number(0), value: try row.bytes(1))
  }

  /// Notes the new head, and only over the one that the new entries follow: nothing is added behind
  /// entries that are missing, which would hide that they are.
  static func move(from old: AuditChain, to new: AuditChain, _ db: Database) throws {
    try db.cachedStatement(
      sql: "UPDATE chain_head SET entry = ?, chain = ? WHERE id = 1 AND entry = ? AND chain = ?"
    ).execute(arguments: [
      new.entry.column, Data(new.value), old.entry.column, Data(old.value),
    ])
    guard db.changesCount == 1 else { throw mismatch(after: old.entry) }
  }

  static func check(_ chain: AuditChain, _ db: Database) throws {
    if let head = try noted(db), head != chain { throw mismatch(after: chain.entry) }
  }

  private static func mismatch(after entry: UInt64) -> JournalError {
    .corrupt("the entries end with \(entry), which is not where the audit chain was left")
  }
}
