import ConfabDomain
import ConfabJournal
import Foundation
import Primitives
import Testing

@Suite struct DeletionTests {
  /// Nothing of a deleted text may be found in any file, once the upkeep that comes with a snapshot
  /// or a backup has run.
  @Test func deletedWordsLeaveNoTrace() throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    for number in 1...50 { place.posts("ordinary words \(number)") }
    place.posts("the password is xylophonist")
    place.posts(String(repeating: "marimbaphone ", count: 600))
    try journal.append(&place)
    for number in 51...300 {
      place.posts("ordinary words \(number)")
      try journal.append(&place)
    }
    place.happens(.messageEdited(.lobby, sequence: 51, text: "it is glockenspiel"), by: Place.ann)
    try journal.append(&place)
    let secrets = ["xylophonist", "marimbaphone", "glockenspiel"]
    #expect(try traces(of: secrets, in: folder) == secrets)

    place.happens(.messageDeleted(.lobby, sequence: 51), by: Place.ann)
    place.happens(.messageDeleted(.lobby, sequence: 52), by: Place.ann)
    try journal.append(&place)
    for secret in secrets { #expect(try journal.found(secret) == []) }
    try journal.backup(to: folder.path + "/data/copy")
    #expect(try traces(of: secrets, in: folder) == [])
    #expect(try journal.verifyAudit().brokenAt == nil)
    #expect(try journal.found("ordinary").count == 100)
  }

  @Test func wordsBeforeAnEditLeaveNoTrace() throws {
    let folder = try Folder()
    let journal = try Engine.sqlite.open(folder)
    var place = try Place.withTwo()
    place.posts("it is xylophonist")
    // Enough that the search index has it.
    for number in 1...2_100 { place.posts("ordinary \(number)") }
    try journal.append(&place)
    place.happens(.messageEdited(.lobby, sequence: 1, text: "it is marimba"), by: Place.ann)
    place.happens(.messageEdited(.lobby, sequence: 1, text: "it is secret"), by: Place.ann)
    try journal.append(&place)
    #expect(try traces(of: ["xylophonist", "marimba"], in: folder) != [])
    #expect(try journal.purge())
    #expect(try traces(of: ["xylophonist", "marimba"], in: folder) == [])
    #expect(try traces(of: ["secret"], in: folder) == ["secret"])
    #expect(try journal.verifyAudit().brokenAt == nil)
  }

  /// FTS5 leaves out what a word shares with the one before it in the dictionary, hence the endings.
  private func traces(of secrets: [String], in folder: Folder) throws -> [String] {
    let data = folder.path + "/data"
    let files = try FileManager.default.contentsOfDirectory(atPath: data)
    return try secrets.filter { secret in
      try files.contains { name in
        let bytes = try Data(contentsOf: URL(fileURLWithPath: data + "/" + name))
        return bytes.range(of: Data(secret.dropFirst(3).utf8)) != nil
      }
    }
  }
}
