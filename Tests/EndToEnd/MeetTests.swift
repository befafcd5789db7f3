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
