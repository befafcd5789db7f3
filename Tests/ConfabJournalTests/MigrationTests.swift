import ConfabDomain
import ConfabJournal
import Foundation
import Primitives
import Testing

/// From one machine to several and back, with nothing changed.
@Suite(.serialized) struct MigrationTests {
  private func filled(_ folder: Folder) throws -> (AuditVerdict, PlaceState) {
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    for number in 1...5_000 {
      place.posts("m\(number)")
      if number % 500 == 0 { try journal.append(&place) }
    }
    place.happens(.messageEdited(.lobby, sequence: 3, text: "edited"), by: Place.ann)
    place.happens(.messageDeleted(.lobby, sequence: 5), by: Place.ann)
    place.happens(.reactionAdded(.lobby, sequence: 7, emoji: "👍"), by: Place.bob)
    try journal.append(&place)
    let verdict = try journal.verifyAudit()
    try journal.close()
    return (verdict, place.state)
  }

  @Test func thereAndBack() throws {
    let server = try NATSServer.shared.get()
    let folder = try Folder()
    let data = folder.path + "/data"
    let (verdict, state) = try filled(folder)
    let options = try options([server], folder)
    let there = try JournalMigration.copy(folder: data, to: options)
    #expect(there.entries == verdict.entries)
    #expect(there.head == verdict.head)
    #expect(there.former == data + "/confab.sqlite.before-migration-1")
    // Nobody begins on an old copy by mistake.
    #expect(!FileManager.default.fileExists(atPath: JournalFiles.database(in: data)))

    let shared = try JetStreamJournal(
      options, folder: data, salts: SystemRandomNumberGenerator())
    #expect(try shared.loadState() == state)
    #expect(try shared.verifyAudit() == verdict)
    #expect(
      try shared.messages(.lobby, .sinceSequence(2), limit: 3).messages.map(\.text) == [
        "edited", "m4", "",
      ])
    var place = Place(state: state)
    place.posts("on several machines")
    try shared.append(&place)
    let later = try shared.verifyAudit()
    try shared.close()

    let back = try JournalMigration.copy(options, toFolder: data)
    #expect(back.head == later.head)
    let alone = try Engine.sqlite.open(folder)
    #expect(try alone.loadState() == place.state)
    #expect(try alone.verifyAudit() == later)
    #expect(try alone.texts().last == "on several machines")
    try alone.close()
  }

  @Test func anInterruptedCopyIsGoneOnWith() throws {
    let server = try NATSServer.shared.get()
    let folder = try Folder()
    let (verdict, _) = try filled(folder)
    let options = try options([server], folder)
    let former = try JournalMigration.copy(folder: folder.path + "/data", to: options).former
    // As if it had ended before the journal was set aside.
    try FileManager.default.moveItem(
      atPath: try #require(former), toPath: JournalFiles.database(in: folder.path + "/data"))
    #expect(
      try JournalMigration.copy(folder: folder.path + "/data", to: options).head == verdict.head)
  }

  @Test func anotherPlaceIsNotWrittenOver() throws {
    let server = try NATSServer.shared.get()
    let (mine, other) = (try Folder(), try Folder())
    _ = try filled(mine)
    let theirs = try NATSServer.shared.open(other)
    var place = try Place.withTwo()
    place.posts("theirs")
    try theirs.append(&place)
    #expect(throws: JournalError.self) {
      try JournalMigration.copy(folder: mine.path + "/data", to: options([server], other))
    }
    #expect(FileManager.default.fileExists(atPath: JournalFiles.database(in: mine.path + "/data")))
    #expect(try theirs.texts() == ["theirs"])
    try theirs.close()
  }
}
