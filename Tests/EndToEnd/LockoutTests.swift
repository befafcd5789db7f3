import Foundation
import Testing

@Suite struct LockoutTests {
  @Test func threeFailuresLockTheAccountAlsoForTheRightPassword() async throws {
    let place = try await Place(["--lockout", "3600"])
    try await place.admin(["add-user", "ann", "--password-stdin"], input: password).expectSuccess()
    let pin = try await pin(of: place)
    func signIn(_ secret: String, from home: String) async throws -> Outcome {
      try await place.run(
        home, ["sign-in", "ann@\(place.address)", "--pin", pin, "--password-stdin"], input: secret)
    }
    for number in 1...3 {
      let outcome = try await signIn("wrong wrong\n", from: "stranger")
      #expect(outcome.status == 3)
      // The one that was too many says so at once.
      #expect(outcome.errors.contains(number < 3 ? "(2001)" : "(2002)"))
    }
    let locked = try await signIn(password, from: "stranger")
    #expect(locked.status == 3)
    #expect(locked.errors.contains("(2002)"))
    // Also after a restart of the server, until the operator ends it.
    try await place.stop(SIGKILL)
    try await place.restart()
    #expect(try await signIn(password, from: "another").errors.contains("(2002)"))
    try await place.admin(["unlock", "ann"]).expectSuccess()
    try await signIn(password, from: "another").expectSuccess()
  }

  @Test func strangersCannotLockOutADeviceThatWasThere() async throws {
    let place = try await Place(["--lockout", "3600"])
    try await place.bring("ann")
    let pin = try await pin(of: place)
    let signIn = ["sign-in", "ann@\(place.address)", "--pin", pin, "--password-stdin"]
    for _ in 1...4 { _ = try await place.run("stranger", signIn, input: "wrong wrong\n") }
    #expect(try await place.run("stranger", signIn, input: password).errors.contains("(2002)"))
    try await place.run("ann", signIn, input: password).expectSuccess()
    try await place.run("ann", ["broadcast", "still here"]).expectSuccess()
  }

  private func pin(of place: Place) async throws -> String {
    let link = try await place.admin(["invite"]).expectSuccess().output.firstLine
    guard let begin = link.range(of: "pin=") else { throw Unexpected("no pin in \(link)") }
    return String(link[begin.upperBound...].prefix { $0 != "&" })
  }
}
