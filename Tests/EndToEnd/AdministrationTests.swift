import Foundation
import Testing

/// What an operator does with a real server, beyond what the transcripts show.
@Suite struct AdministrationTests {
  @Test func importsOldCredentialsOnce() async throws {
    let place = try await Place()
    let file = place.folder + "/credentials.txt"
    try write("Yoda wise-enough\nLuke short\nno-password\n", to: file)
    let first = try await place.admin(["import-credentials", file])
    #expect(first.status == 3)
    #expect(first.output.lines.first == "imported Yoda")
    #expect(first.output.lines.last == "2 imported, 0 skipped, 1 refused")
    #expect(first.errors.contains("line 3"))
    try write("Yoda wise-enough\nLuke short\n", to: file)
    let second = try await place.admin(["import-credentials", file]).expectSuccess()
    #expect(second.output.lines.last == "0 imported, 2 skipped, 0 refused")
    let signIn = ["sign-in", "Luke@\(place.address)", "--password-stdin", "--pin", try place.pin()]
    try await place.run("luke", signIn, input: "short\n").expectSuccess()
  }

  @Test func refusesCredentialsWhoseNamesDifferInCaseOnly() async throws {
    let place = try await Place()
    let file = place.folder + "/credentials.txt"
    try write("Ann fine-enough\nYoda wise-enough\nyoda wise-enough\n", to: file)
    let outcome = try await place.admin(["import-credentials", file])
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains("Yoda and yoda"))
    #expect(try await place.admin(["users"]).expectSuccess().output.isEmpty)
  }

  @Test func aBackupIsRestoredByAnotherServer() async throws {
    let place = try await Place()
    try await place.bring("ann")
    try await place.run("ann", ["broadcast", "kept for ever"]).expectSuccess()
    let backup = place.folder + "/backup"
    try await place.admin(["backup", backup]).expectSuccess()
    let again = try await place.admin(["backup", backup])
    #expect(again.status == 2)
    #expect(again.errors.contains("nothing was overwritten"))
    #expect(!FileManager.default.fileExists(atPath: backup + ".partial"))

    let running = try await place.admin(["restore", backup])
    #expect(running.status == 2)
    #expect(running.errors.contains("Stop it first"))

    let restored = place.folder + "/restored"
    try await place.run("operator", ["admin", "restore", backup, "--data", restored])
      .expectSuccess()
    try FileManager.default.copyItem(atPath: place.data + "/tls", toPath: restored + "/tls")
    try await place.stop(SIGTERM)
    let server = try RunningProgram(
      ["serve", "--data", restored, "--listen", place.address], home: place.folder + "/server")
    defer { server.kill(SIGKILL) }
    try await server.line { $0.hasPrefix("listening ") }
    let read = try await place.run("ann", ["read", "#lobby", "--since", "0"]).expectSuccess()
    #expect(read.output.contains("kept for ever"))
    let verdict = try await place.run(
      "operator", ["admin", "audit", "--verify", "--data", restored])
    #expect(verdict.status == 0)
    #expect(verdict.output.hasPrefix("intact: "))
  }

  @Test func whatIsNoBackupIsNotRestored() async throws {
    let place = try await Place()
    let file = place.folder + "/letter"
    try write("Dear server,", to: file)
    let outcome = try await place.run(
      "operator", ["admin", "restore", file, "--data", place.folder + "/restored"])
    #expect(outcome.status == 2)
    #expect(!FileManager.default.fileExists(atPath: place.folder + "/restored/confab.sqlite"))
  }

  @Test func aPasswordOfTenMegabytesIsRefusedInOneLine() async throws {
    let place = try await Place()
    let huge = String(repeating: "x", count: 10_000_000)
    let outcome = try await place.admin(["add-user", "ann", "--password-stdin"], input: huge)
    #expect(outcome.status == 3)
    #expect(outcome.errors.lines.count == 1)
    #expect(outcome.errors.contains("8 to 1024 bytes"))
    #expect(try await place.admin(["users"]).expectSuccess().output.isEmpty)
  }

  @Test func optionsStandInAFileInTheDataFolder() async throws {
    let place = try await Place()
    let data = place.folder + "/another"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    for (text, words) in [
      (#"{"registration": "maybe"}"#, "--registration maybe is invalid"),
      (#"{"journal-authorities": "x", "lockout": 0}"#, "--lockout 0 is invalid"),
      (#"{"registraton": "closed"}"#, "registraton, which is no option"),
      ("registration=closed", "is no JSON object"),
    ] {
      try write(text, to: data + "/confab.json")
      let outcome = try await place.run("operator", ["serve", "--data", data])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
  }

  @Test func namesWhoseLineWasRefused() async throws {
    let place = try await Place()
    try await place.bring("ann")
    let outcome = try await place.run("ann", ["send", "#lobby", "-"], input: "one\n\nthree\n")
    #expect(outcome.status == 3)
    #expect(outcome.output.lines.count == 2)
    #expect(outcome.errors.contains("line 2: refused (5001)"))
  }

  @Test func onlyAnOwnerAdministersOverTheNetwork() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let owner = try await place.run("ann", ["admin", "users"]).expectSuccess()
    #expect(owner.output.lines.count == 2)
    let member = try await place.run("bob", ["admin", "users"])
    #expect(member.status == 3)
    #expect(member.errors.contains("3005"))
    let backup = place.folder + "/from-afar"
    try await place.run("ann", ["admin", "backup", backup]).expectSuccess()
    #expect(FileManager.default.fileExists(atPath: backup))
    let refused = place.folder + "/refused"
    #expect(try await place.run("bob", ["admin", "backup", refused]).status == 3)
    #expect(!FileManager.default.fileExists(atPath: refused + ".partial"))
  }

  @Test func withoutAServerThereIsOneLineAndStatus4() async throws {
    let place = try await Place()
    try await place.stop(SIGTERM)
    let outcome = try await place.admin(["users"])
    #expect(outcome.status == 4)
    #expect(outcome.errors.lines.count == 1)
    #expect(outcome.errors.contains("No server runs on"))
  }

  @Test func theAuditIsFollowedOverARestart() async throws {
    let place = try await Place()
    try await place.bring("ann")
    let audit = try place.start(
      "operator", ["admin", "audit", "--follow", "--json", "--data", place.data])
    defer { audit.kill(SIGKILL) }
    try await audit.line { $0.contains("\"account-created\"") }
    try await place.stop(SIGTERM)
    try await place.restart()
    try await place.run("ann", ["broadcast", "after"]).expectSuccess()
    try await audit.line { $0.contains("\"message-posted\"") }
    #expect(Set(audit.lines).count == audit.lines.count)
  }
}

extension Place {
  /// From the owner's link.
  fileprivate func pin() throws -> String {
    guard let link = ownerLink, let begin = link.range(of: "pin=") else {
      throw Unexpected("no pin in \(ownerLink ?? "no link")")
    }
    return String(link[begin.upperBound...].prefix { $0 != "&" })
  }
}

private func write(_ text: String, to path: String) throws {
  try Data(text.utf8).write(to: URL(fileURLWithPath: path))
}
