import Foundation
import Testing

/// The checkup, and whom a person may trust.
@Suite struct DoctorTests {
  @Test func findsNothingWrongWithAHealthyServer() async throws {
    let place = try await Place()
    try await place.bring("ann")
    let outcome = try await place.run("ann", ["doctor"]).expectSuccess()
    #expect(outcome.output.lines.count == 10)
    #expect(outcome.output.lines.dropLast().allSatisfy { $0.hasPrefix("ok ") })
    // A stranger sees the same, but for the session.
    let stranger = try await place.run("eve", ["doctor", place.address]).expectSuccess()
    #expect(stranger.output.lines.filter { $0.hasPrefix("skipped") }.count == 1)
  }

  @Test func saysThatNobodyListens() async throws {
    let place = try await Place()
    try await place.bring("ann")
    try await place.stop(SIGTERM)
    let outcome = try await place.run("ann", ["doctor", "--json"])
    #expect(outcome.status == 4)
    #expect(outcome.output.contains(#""check":"tcp","status":"problem""#))
    #expect(outcome.output.contains(#""usable":false"#))
  }

  @Test func warnsOfAnotherKeyAndSendsItNothing() async throws {
    let place = try await Place()
    try await place.bring("ann")
    try await place.stop(SIGTERM)
    try FileManager.default.removeItem(atPath: place.data + "/tls")
    try await place.restart()
    let outcome = try await place.run("ann", ["doctor"])
    #expect(outcome.status == 4)
    #expect(outcome.output.contains("the key is not the one that you know"))
    #expect(try await place.run("ann", ["who"]).status == 4)
  }

  /// The key in the link stands for the name: a server behind a router has another address outside.
  @Test func aPinnedServerMayHaveAnyName() async throws {
    let place = try await Place(["--listen", "0.0.0.0:0"])
    try await place.admin(
      ["add-user", "ann", "--password-stdin"], input: password
    ).expectSuccess()
    guard let link = place.ownerLink, let pin = link.range(of: "pin=") else {
      throw Unexpected("no pin in the owner's link")
    }
    let port = place.address.split(separator: ":").last ?? ""
    // Not in the certificate, which has only addresses that the machine's interfaces list.
    try await place.run(
      "ann",
      [
        "sign-in", "ann@127.0.0.2:\(port)", "--password-stdin", "--pin",
        String(link[pin.upperBound...].prefix { $0 != "&" }),
      ], input: password
    ).expectSuccess()
  }

  @Test func bothSidesSeeTheSameNumberAndANewDeviceIsMarked() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let atAnn = try await place.run("ann", ["verify", "@bob", "--json"]).expectSuccess()
    let atBob = try await place.run("bob", ["verify", "@ann", "--json"]).expectSuccess()
    let (seenByAnn, seenByBob) = (try number(atAnn.output), try number(atBob.output))
    #expect(seenByAnn == seenByBob)
    let confirmed = try await place.run("ann", ["verify", "@bob", "--confirm"]).expectSuccess()
    #expect(confirmed.output.contains("  verified"))

    let link = try #require(place.ownerLink)
    let pin = String(
      link.components(separatedBy: "pin=").last.map { $0.prefix { $0 != "&" } } ?? "")
    try await place.run(
      "bobs-other-device", ["sign-in", "bob@\(place.address)", "--password-stdin", "--pin", pin],
      input: password
    ).expectSuccess()
    // The new one was never shown, so it is not confirmed with the other.
    let second = try await place.run("ann", ["verify", "@bob", "--confirm"]).expectSuccess()
    #expect(second.output.contains("NEW, not verified"))
    let third = try await place.run("ann", ["verify", "@bob", "--confirm"]).expectSuccess()
    #expect(!third.output.contains("not verified"))
  }

  private func number(_ line: String) throws -> Substring {
    guard let begin = line.range(of: #""number":""#) else { throw Unexpected(line) }
    return line[begin.upperBound...].prefix { $0 != "\"" }
  }
}
