import ConfabDomain
import ConfabJournal
import Foundation
import Testing

/// Journals that earlier versions wrote, which every later version must open.
@Suite struct FormatTests {
  private static let formats = [1, 2, 3, 4, 5]

  /// `UPDATE=1 swift test --filter FormatTests` writes the newest format's. Older ones stay as they
  /// are: nothing can write them any more.
  private func fixture(_ format: Int) throws -> String {
    let file = path("Tests/ConfabJournalTests/Fixtures/format-\(format).sqlite")
    let isNewest = format == Self.formats.last
    if isNewest, ProcessInfo.processInfo.environment["UPDATE"] == "1" {
      try? FileManager.default.removeItem(atPath: file)
      let folder = try Folder()
      let journal = try Engine.sqlite.open(folder)
      var place = try story(format)
      try journal.append(&place)
      try journal.saveSnapshot(place.state)
      try journal.backup(to: file)
    }
    return file
  }

  /// What is in each fixture.
  private func story(_ format: Int) throws -> Place {
    var place = try Place.withTwo()
    let room = try place.opensRoom("plans")
    place.posts("Crème brûlée, first")
    place.posts("second", by: Place.bob, replyTo: 1, mentions: [Place.ann])
    place.posts("third, deleted later")
    place.posts("in the room", in: room)
    place.happens(.messageEdited(.lobby, sequence: 1, text: "Crème brûlée, edited"), by: Place.ann)
    place.happens(.messageDeleted(.lobby, sequence: 3), by: Place.ann)
    place.happens(.reactionAdded(.lobby, sequence: 2, emoji: "👍"), by: Place.ann)
    place.happens(.memberJoined(room, Place.bob), by: Place.ann)
    // Enough that the search index has something; it takes in larger batches since format 3.
    for number in 1...(format < 3 ? 520 : 2_060) {
      place.happens(.readMarked(room, Place.bob, through: UInt64(number % 2)))
    }
    place.posts("the last, not in the index yet")
    return place
  }

  @Test(arguments: formats)
  func opensAndGoesOn(_ format: Int) throws {
    let folder = try Folder()
    let data = folder.path + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: try fixture(format), toPath: data + "/confab.sqlite")
    let journal = try Engine.sqlite.open(folder)
    var place = try story(format)
    _ = place.group()
    #expect(try journal.loadState() == place.state)
    #expect(
      try journal.texts() == [
        "Crème brûlée, edited", "second", "", "the last, not in the index yet",
      ])
    #expect(try journal.messages().messages[1].reactions.first?.emoji == "👍")
    #expect(try journal.found("brulee") == ["Crème brûlée, edited"])
    #expect(try journal.found("last") == ["the last, not in the index yet"])
    #expect(try journal.found("deleted") == [])
    let first = try journal.events(EventQuery(channel: .lobby, afterPosition: 0, limit: 1)).events
    #expect(first.map(\.event.body.text) == ["Crème brûlée, edited"])
    #expect(try journal.verifyAudit().brokenAt == nil)
    place.posts("and on it goes")
    try journal.append(&place)
    #expect(try journal.texts().last == "and on it goes")
    #expect(try journal.verifyAudit().brokenAt == nil)
  }
}
