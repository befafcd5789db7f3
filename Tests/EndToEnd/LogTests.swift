import Foundation
import Testing

@Suite struct LogTests {
  @Test func aLineForEachInteractionAndNeverASecret() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    try await place.run("ann", ["room", "create", "plans", "@bob"]).expectSuccess()
    try await place.run("ann", ["send", "#plans", "a text for bob only"]).expectSuccess()
    try await place.run("bob", ["read", "#plans"]).expectSuccess()
    let wrong = ["sign-in", "ann@\(place.address)", "--password-stdin", "--pin"]
    let link = try await place.admin(["invite"]).expectSuccess().output.firstLine
    let pin = try #require(link.firstMatch(of: /pin=([^&]*)/)?.1)
    let refused = try await place.run("thief", wrong + [String(pin)], input: "a wrong guess\n")
    #expect(refused.status != 0)
    try await place.stop(SIGTERM)
    let log = place.server.errors
    for line in [
      "ann signed in", "ann failed to sign in", "bob signed in", "ann made a room",
      "ann sent a message", "#plans",
      "bob read messages", "operator made an invitation", "address=127.0.0.1", "info stopped",
    ] {
      #expect(log.contains(line), "\(line)")
    }
    #expect(!log.contains(" warning ") && !log.contains(" error "), "\(log)")
    let invitation = try #require(link.firstMatch(of: /invite=([^&]*)/)?.1)
    for secret in ["a text for bob only", "correct horse", "a wrong guess", String(invitation)] {
      #expect(!log.contains(secret), "\(secret)")
    }
  }
}
