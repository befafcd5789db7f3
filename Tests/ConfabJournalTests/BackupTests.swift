import ConfabDomain
import ConfabJournal
import Foundation
import GRDB
import Primitives
import Testing

@Suite struct BackupTests {
  private func data(_ folder: Folder) -> String { folder.path + "/data" }

  @Test func aBackupIsOneMoment() throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    place.posts("in the backup")
    try journal.append(&place)
    let then = place.state
    try journal.backup(to: folder.path + "/copy")
    place.posts("after it")
    try journal.append(&place)

    let other = try Folder()
    #expect(try JournalFiles.restore(backup: folder.path + "/copy", into: data(other)) == nil)
    let restored = try Engine.sqlite.open(other)
    #expect(try restored.loadState() == then)
    #expect(try restored.texts() == ["in the backup"])
    #expect(try restored.found("backup") == ["in the backup"])
    #expect(throws: JournalError.self) { try journal.backup(to: folder.path + "/copy") }
    #expect(throws: JournalError.self) { try journal.backup(to: folder.path + "/no/such/copy") }
  }

  @Test func theFormerJournalIsKept() throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    place.posts("old")
    try journal.append(&place)
    try journal.backup(to: folder.path + "/copy")
    #expect(throws: JournalError.inUse(path: data(folder))) {
      try JournalFiles.restore(backup: folder.path + "/copy", into: data(folder))
    }
    place.posts("new")
    try journal.append(&place)
    try journal.close()
    for number in 1...2 {
      #expect(
        try JournalFiles.restore(backup: folder.path + "/copy", into: data(folder))
          == data(folder) + "/confab.sqlite.before-restore-\(number)")
    }
    let restored = try Engine.sqlite.open(folder)
    #expect(try restored.texts() == ["old"])
    try restored.close()

    // What was set aside is a whole journal.
    let other = try Folder()
    try JournalFiles.restore(
      backup: data(folder) + "/confab.sqlite.before-restore-1", into: data(other))
    #expect(try Engine.sqlite.open(other).texts() == ["old", "new"])
  }

  @Test(arguments: [
    "UPDATE entries SET text = CAST('forged' AS BLOB) WHERE entry = 4",
    "INSERT INTO changes VALUES (1, 1, 4, NULL, 1)",
    "PRAGMA user_version = 99",
    "PRAGMA application_id = 1",
  ])
  func aBackupThatIsNotGoodChangesNothing(_ sql: String) throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    place.posts("good")
    try journal.append(&place)
    try journal.backup(to: folder.path + "/copy")
    try journal.close()
    let queue = try DatabaseQueue(path: folder.path + "/copy")
    try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
    try queue.close()
    #expect(throws: JournalError.self) {
      try JournalFiles.restore(backup: folder.path + "/copy", into: data(folder))
    }
    try expectUntouched(folder)
  }

  @Test func aDamagedBackupChangesNothing() throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    place.posts("good")
    try journal.append(&place)
    try journal.backup(to: folder.path + "/copy")
    try journal.close()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/copy"))
    for broken in [
      Data(), Data("no database".utf8), bytes.prefix(bytes.count / 2), bytes.dropLast(9),
    ] {
      try broken.write(to: URL(fileURLWithPath: folder.path + "/copy"))
      #expect(throws: JournalError.self, "\(broken.count) bytes") {
        try JournalFiles.restore(backup: folder.path + "/copy", into: data(folder))
      }
    }
    #expect(throws: JournalError.self) {
      try JournalFiles.restore(backup: folder.path + "/none", into: data(folder))
    }
    try expectUntouched(folder)
  }

  private func expectUntouched(_ folder: Folder) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: data(folder)).sorted()
    #expect(names == ["confab.lock", "confab.sqlite"])
    #expect(try Engine.sqlite.open(folder).texts() == ["good"])
  }
}
