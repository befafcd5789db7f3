import Foundation
import Testing

/// Meetings from the terminal: the way to the page, and following along.
@Suite struct MeetTests {
  @Test func theLinkSignsABrowserInAndNamesTheRoom() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    try await place.run("ann", ["room", "create", "plans"]).expectSuccess()
    let page = try await place.run("ann", ["meet", "#plans", "--link"]).expectSuccess()
    #expect(page.output.hasPrefix("https://\(place.address)/room/1/meeting#pin="))
    #expect(page.output.contains("&code="))
    let lobby = try await place.run("ann", ["meet", "lobby", "--link", "--json"]).expectSuccess()
    #expect(lobby.output.contains("/room/lobby/meeting\""))
    #expect(lobby.output.contains("\"event\":\"link\""))
    let stranger = try await place.run("bob", ["meet", "#plans", "--link"])
    #expect(stranger.status == 3)
    #expect(stranger.errors.contains("4002"))
  }

  @Test func guestsAreInvitedByTheOperatorAndTheOwner() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    try await place.run("ann", ["room", "create", "plans", "@bob"]).expectSuccess()
    let link = try await place.admin(["invite", "--guest", "#plans"]).expectSuccess().output
    #expect(link.firstLine.hasPrefix("https://"))
    #expect(link.contains("/room/1/meeting#pin="))
    #expect(link.contains("&guest="))
    #expect(link.lines.count == 1, "there is none for the terminal")
    try await place.run("ann", ["admin", "invite", "--guest", "plans", "--uses", "2", "--json"])
      .expectSuccess()
    let refused = try await place.run("bob", ["admin", "invite", "--guest", "#plans"])
    #expect(refused.status == 3)
    #expect(refused.errors.contains("4005"))
  }

  @Test func aRecordingIsShownAndStandsInTheHistory() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    try await place.run("ann", ["send", "#lobby", "before"]).expectSuccess()
    let file = place.folder + "/talk.ivf"
    try Data(Self.recording(frames: 10)).write(to: URL(fileURLWithPath: file))
    let shown = try await place.run("ann", ["meet", "#lobby", "--play", file]).expectSuccess()
    #expect(shown.output.contains("Presenting talk.ivf."))
    #expect(shown.output.contains("talk.ivf has ended."))
    try await place.run("bob", ["send", "#lobby", "after"]).expectSuccess()
    let read = try await place.run("bob", ["read", "#lobby"]).expectSuccess().output
    let lines = read.lines.map { line in
      ["before", "started a meeting", "meeting ended", "after"].first { line.contains($0) }
    }
    #expect(lines.suffix(4) == ["before", "started a meeting", "meeting ended", "after"])
    let json = try await place.run("bob", ["read", "#lobby", "--since", "1", "--json"])
      .expectSuccess().output
    #expect(json.contains("\"after\"") && !json.contains("\"before\""))
    try Data("no picture".utf8).write(to: URL(fileURLWithPath: file))
    let refused = try await place.run("ann", ["meet", "#lobby", "--play", file])
    #expect(refused.status == 2)
    #expect(refused.errors.contains("is neither IVF nor WebM"))
  }

  /// IVF with pictures of VP8 that no decoder has to like, ten a second.
  static func recording(frames: Int) -> [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var bytes = Array("DKIF".utf8) + little(0, 2) + little(32, 2) + Array("VP80".utf8)
    bytes += little(320, 2) + little(180, 2) + little(10, 4) + little(1, 4) + little(frames, 8)
    for frame in 0..<frames {
      let picture: [UInt8] = [0x10, 0, 0, 0x9D, 1, 0x2A, 0x40, 1, 0xB4, 0] + little(frame, 90)
      bytes += little(picture.count, 4) + little(frame, 8) + picture
    }
    return bytes
  }

  @Test func aHostFollowsAndTypes() async throws {
    let place = try await Place()
    try await place.bring("ann")
    let host = try place.start("ann", ["meet", "#lobby", "--json"], keepsInputOpen: true)
    try await host.line { $0.contains("\"event\":\"meeting\"") && $0.contains("\"count\":0") }
    try host.type("waiting everybody")
    try await host.line { $0.contains("\"waitingRoom\":\"everybody\"") }
    try host.type("lock")
    try host.type("juggle")
    try host.type("quit")
    let outcome = try await host.outcome().expectSuccess()
    #expect(outcome.errors.contains("9001"))
    #expect(outcome.errors.contains("no such command here: juggle"))
  }
}
