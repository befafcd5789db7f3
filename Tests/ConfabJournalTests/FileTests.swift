import ConfabDomain
import ConfabJournal
import Foundation
import GRDB
import Glibc
import Primitives
import Testing

/// What a folder with a journal can go through.
@Suite struct FileTests {
  private func database(_ folder: Folder) -> String { folder.path + "/data/confab.sqlite" }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func everythingIsPrivate() throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    try journal.append(&place)
    #expect(mode(folder.path + "/data") == 0o700)
    for name in ["confab.sqlite", "confab.sqlite-wal", "confab.sqlite-shm", "confab.lock"] {
      #expect(mode(folder.path + "/data/" + name) == 0o600, "\(name)")
    }
    try journal.backup(to: folder.path + "/copy")
    #expect(mode(folder.path + "/copy") == 0o600)
  }

  @Test func aReopenedJournalGoesOn() throws {
    let folder = try Folder()
    var place = try Place.withTwo()
    place.posts("before")
    let first = try Engine.sqlite.open(folder)
    try first.append(&place)
    try first.close()
    let second = try Engine.sqlite.open(folder)
    #expect(try second.loadState() == place.state)
    place.posts("after")
    try second.append(&place)
    #expect(try second.texts() == ["before", "after"])
    #expect(try second.verifyAudit().brokenAt == nil)
  }

  @Test func aSecondServerIsTurnedAway() throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    #expect(throws: JournalError.inUse(path: folder.path + "/data")) {
      try Engine.sqlite.open(folder)
    }
    try journal.close()
    try Engine.sqlite.open(folder).close()
  }

  @Test func aNewerFileIsLeftAlone() throws {
    let folder = try Folder()
    try Engine.sqlite.open(folder).close()
    try change(folder, "PRAGMA user_version = 99")
    #expect(throws: JournalError.tooNew(found: 99, supported: 5)) {
      try Engine.sqlite.open(folder)
    }
    // And the folder is free again.
    try change(folder, "PRAGMA user_version = 2")
    try Engine.sqlite.open(folder).close()
  }

  @Test func aForeignFileIsLeftAlone() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/data", withIntermediateDirectories: true)
    try change(folder, "CREATE TABLE cookies (name)")
    let before = try Data(contentsOf: URL(fileURLWithPath: database(folder)))
    #expect(throws: JournalError.corrupt("the file is a database, but not one of Confab's")) {
      try Engine.sqlite.open(folder)
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: database(folder))) == before)
    try Data("Dear diary".utf8).write(to: URL(fileURLWithPath: database(folder)))
    #expect(throws: JournalError.self) { try Engine.sqlite.open(folder) }
  }

  @Test func aDamagedPageIsNamed() throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    for number in 1...2000 { place.posts("message \(number)") }
    try journal.append(&place)
    try journal.close()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: database(folder)))
    let pages = try file.seekToEnd() / 4096
    // All but the page with the schema.
    for page in 1..<pages {
      try file.seek(toOffset: page * 4096)
      try file.write(contentsOf: Data(repeating: 0xA5, count: 64))
    }
    try file.close()
    #expect {
      let journal = try Engine.sqlite.open(folder)
      _ = try journal.loadState()
    } throws: { error in
      if case .corrupt = error as? JournalError { true } else { false }
    }
  }

  @Test func aReadOnlyFolderIsNamed() throws {
    // Permissions do not bind root, but the kernel's own file system takes files from nobody.
    #expect(throws: JournalError.readOnly(path: "/sys/kernel")) {
      try SQLiteJournal(folder: "/sys/kernel", salts: SeededRandom(seed: 1))
    }
  }

  @Test(.enabled(if: getuid() != 0, "permissions do not bind root"))
  func aReadOnlyFileIsNamed() throws {
    let folder = try Folder()
    try Engine.sqlite.open(folder).close()
    #expect(chmod(database(folder), 0o400) == 0)
    #expect(throws: JournalError.readOnly(path: folder.path + "/data")) {
      try Engine.sqlite.open(folder)
    }
  }

  @Test func aFullDiskLosesNothingAndHeals() throws {
    let folder = try Folder()
    let data = folder.path + "/data"
    var place = try Place.withTwo()
    let small = try SQLiteJournal(folder: data, salts: SeededRandom(seed: 1), pagesMax: 60)
    try small.append(&place)
    var kept = place
    var stored = 0
    #expect(throws: JournalError.diskFull) {
      for _ in 0..<100 {
        for _ in 0..<64 { place.posts(String(repeating: "some words ", count: 10)) }
        try small.append(&place)
        kept = place
        stored += 64
      }
    }
    // Nothing of the refused group is there, and what was there still answers.
    #expect(stored > 0)
    #expect(try small.messages().messages.last?.sequence == UInt64(stored))
    #expect(try small.loadState() == kept.state)
    #expect(try small.verifyAudit().brokenAt == nil)
    #expect(try small.found("words").count == 100)
    // A smaller group may still find room, as after somebody made some.
    kept.posts("short")
    try small.append(kept.group())
    try small.close()

    let large = try Engine.sqlite.open(folder)
    for _ in 0..<640 { kept.posts("more room") }
    try large.append(kept.group())
    #expect(try large.loadState() == kept.state)
    #expect(try large.verifyAudit().brokenAt == nil)
  }

  @Test func aSnapshotOfAnotherSchemaIsIgnored() throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    try journal.append(&place)
    try journal.saveSnapshot(place.state)
    try journal.close()
    try change(folder, "UPDATE snapshot SET schema = 99, state = CAST('{}' AS BLOB)")
    let again = try Engine.sqlite.open(folder)
    #expect(try again.loadState() == place.state)
    try again.close()
    try change(folder, "UPDATE snapshot SET schema = 1, state = CAST('nonsense' AS BLOB)")
    #expect(try Engine.sqlite.open(folder).loadState() == place.state)
  }

  private func change(_ folder: Folder, _ sql: String) throws {
    let queue = try DatabaseQueue(path: database(folder))
    try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
    try queue.close()
  }
}
