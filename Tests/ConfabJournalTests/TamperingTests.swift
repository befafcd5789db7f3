import ConfabDomain
import ConfabJournal
import Foundation
import GRDB
import OrderedCollections
import Primitives
import Testing

/// Somebody with access to the file changes it; the audit says where.
@Suite struct TamperingTests {
  /// Ten messages as entries 4…13, of which the second was edited, the third deleted and the fourth
  /// got a reaction.
  private func journal(_ folder: Folder) throws -> String {
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    for number in 1...10 { place.posts("m\(number)") }
    place.happens(.messageEdited(.lobby, sequence: 2, text: "changed"), by: Place.ann)
    place.happens(.messageDeleted(.lobby, sequence: 3), by: Place.ann)
    place.happens(.reactionAdded(.lobby, sequence: 4, emoji: "👍"), by: Place.bob)
    try journal.append(&place)
    #expect(try journal.verifyAudit().brokenAt == nil)
    #expect(try journal.verifyAudit().entries == 16)
    try journal.close()
    return folder.path + "/data/confab.sqlite"
  }

  @Test(arguments: [
    ("UPDATE entries SET text = CAST('not so' AS BLOB) WHERE entry = 7", 7),
    ("UPDATE entries SET salt = zeroblob(16) WHERE entry = 7", 7),
    ("UPDATE entries SET text = NULL, salt = NULL WHERE entry = 8", 8),
    ("UPDATE entries SET text = CAST('m3' AS BLOB), salt = zeroblob(16) WHERE entry = 6", 6),
    (
      "UPDATE entries SET payload = (SELECT payload FROM entries WHERE entry = 8) WHERE entry = 9",
      9
    ),
    ("UPDATE entries SET chain = zeroblob(32) WHERE entry = 10", 10),
    ("UPDATE entries SET payload = zeroblob(3) WHERE entry = 5", 5),
    ("DELETE FROM entries WHERE entry = 11", 11),
    ("DELETE FROM entries WHERE entry = 16; DELETE FROM reactions", 16),
    ("DELETE FROM chain_head", 1),
    ("UPDATE chain_head SET chain = zeroblob(32)", 16),
    ("UPDATE chain_head SET entry = 15", 16),
    ("UPDATE entries SET clock = clock + 1 WHERE entry = 9", 9),
    ("UPDATE entries SET kind = 42 WHERE entry = 9", 9),
    ("UPDATE entries SET channel = 2 WHERE entry = 12", 12),
    ("UPDATE entries SET sequence = 99 WHERE entry = 8", 8),
    ("UPDATE entries SET sequence = NULL WHERE entry = 9", 9),
    ("INSERT INTO changes VALUES (1, 5, 9, NULL, 0)", 1),
    ("UPDATE changes SET text_entry = 5, edited_at = NULL WHERE sequence = 2", 14),
    ("UPDATE changes SET deleted = 0 WHERE sequence = 3", 6),
    ("DELETE FROM changes WHERE sequence = 3", 6),
    ("UPDATE reactions SET account = 1", 16),
    ("DELETE FROM reactions", 16),
    ("INSERT INTO reactions VALUES (1, 1, 'x', 1, 16)", 1),
  ])
  func aChangeShowsAtItsEntry(_ sql: String, _ entry: UInt64) throws {
    let folder = try Folder()
    let path = try journal(folder)
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in try db.execute(sql: sql) }
    try queue.close()
    let verdict = try Engine.sqlite.open(folder).verifyAudit()
    #expect(verdict.brokenAt == entry)
  }

  /// A start believes the snapshot, so whoever changes it must show.
  @Test func aForgedSnapshotShowsAndIsNotRestored() throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    place.posts("m1")
    try journal.append(&place)
    try journal.saveSnapshot(place.state)
    place.posts("m2")
    try journal.append(&place)
    #expect(try journal.verifyAudit().brokenAt == nil)
    try journal.close()
    let path = folder.path + "/data/confab.sqlite"
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in
      let bytes = try #require(try Data.fetchOne(db, sql: "SELECT state FROM snapshot"))
      var state = try JSONDecoder().decode(PlaceState.self, from: bytes)
      state.accounts[Place.bob]?.role = .owner
      try db.execute(
        sql: "UPDATE snapshot SET state = ?", arguments: [try JSONEncoder().encode(state)])
    }
    try queue.close()
    let forged = try Engine.sqlite.open(folder)
    #expect(try forged.loadState() != place.state)
    #expect(try forged.verifyAudit().brokenAt == 4)
    try forged.close()

    let other = try Folder()
    try JournalFiles.restore(backup: path, into: other.path + "/data")
    let restored = try Engine.sqlite.open(other)
    #expect(try restored.loadState() == place.state)
    #expect(try restored.verifyAudit().brokenAt == nil)
  }

  @Test func nothingIsAddedBehindEntriesThatAreMissing() throws {
    let folder = try Folder()
    let path = try journal(folder)
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in try db.execute(sql: "DELETE FROM entries WHERE entry > 14") }
    try queue.close()
    let journal = try Engine.sqlite.open(folder)
    let expected = JournalError.corrupt(
      "the entries end with 14, which is not where the audit chain was left")
    #expect(throws: expected) { try journal.loadState() }
    var next = StampedEvent(
      entry: 15, event: Event(at: WallTime(millisecondsSinceEpoch: 0), by: nil, body: .noted("")),
      position: nil, sequence: nil)
    #expect(throws: expected) { try journal.append([next]) }
    next.entry = 17
    #expect(throws: JournalError.self) { try journal.append([next]) }
    #expect(try journal.verifyAudit().brokenAt != nil)
  }

  /// What every engine checks with.
  @Test func theChainEndsWhereItsHeadWasNoted() throws {
    var place = try Place.withTwo()
    place.posts("one")
    var random = SeededRandom(seed: 1)
    var chain = AuditChain.start
    var heads = [chain]
    let entries = try place.group().map { stamped in
      let encoded = try EventCodec.encode(stamped, using: &random)
      chain.extend(by: encoded.payload)
      heads.append(chain)
      return StoredEntry(
        entry: stamped.entry, payload: encoded.payload, text: encoded.text, chain: chain.value)
    }
    for kept in 0...entries.count {
      var verifier = AuditVerifier()
      for stored in entries.prefix(kept) { verifier.check(stored) }
      #expect(verifier.verdict(head: nil).brokenAt == nil)
      for head in heads {
        let end = UInt64(kept)
        let expected = head.entry == end ? nil : min(head.entry, end) + 1
        #expect(verifier.verdict(head: head).brokenAt == expected)
      }
    }
  }

  @Test func aStateIsNotMadeFromABrokenChain() throws {
    let folder = try Folder()
    let path = try journal(folder)
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in
      try db.execute(sql: "UPDATE entries SET payload = zeroblob(3) WHERE entry = 5")
    }
    try queue.close()
    let journal = try Engine.sqlite.open(folder)
    #expect(throws: JournalError.corrupt("entry 5 does not fit the audit chain")) {
      try journal.loadState()
    }
  }
}
