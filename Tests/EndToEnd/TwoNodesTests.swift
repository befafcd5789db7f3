import Foundation
import Testing

/// Two nodes of one place behave to people as one server.
@Suite struct TwoNodesTests {
  @Test func filesGoToPeopleAndRoomsOnBothNodes() async throws {
    let place = try await TwoNodes()
    try await place.bring("ann", to: 0, isOwner: true)
    try await place.bring("bob", to: 1)
    try await place.bring("cat", to: 0)
    try await place.run("ann", ["room", "create", "plans", "@bob", "@cat"]).expectSuccess()
    let source = place.folder + "/talk.mp4"
    try writeRandom(megabytes: 3, to: source)

    let receiver = try place.receiver("bob")
    let sent = try await place.run("ann", ["file", "send", source, "@bob", "--json"])
      .expectSuccess()
    try await receiver.outcome().expectSuccess()
    #expect(sent.output.contains("\"event\":\"done\""))
    #expect(place.hasReceived(source, "bob", "ann_talk.mp4"))

    let receivers = try [place.receiver("bob"), place.receiver("cat")]
    try await place.run("ann", ["file", "send", source, "#plans"]).expectSuccess()
    for receiver in receivers { try await receiver.outcome().expectSuccess() }
    #expect(place.hasReceived(source, "bob", "ann_talk (2).mp4"))
    #expect(place.hasReceived(source, "cat", "ann_talk.mp4"))
  }

  @Test func aSenderWhoseNodeDiesGoesOnAtTheOther() async throws {
    let place = try await TwoNodes()
    try await place.bring("ann", to: 0, isOwner: true)
    try await place.bring("bob", to: 1)
    let source = place.folder + "/talk.mp4"
    try writeRandom(megabytes: 16, to: source)
    let receiver = try place.receiver("bob")
    let sender = try place.start(
      "ann", ["file", "send", source, "@bob", "--json", "--rate", "40Mbit"])
    try await sender.line { (number("bytes", of: $0) ?? 0) > 1_000_000 }
    try await place.kill(0)
    try await sender.outcome().expectSuccess()
    try await receiver.outcome().expectSuccess()
    #expect(place.hasReceived(source, "bob", "ann_talk.mp4"))
  }

  @Test func aMeetingIsFoundFromBothNodesAndEndsWithItsOwn() async throws {
    let place = try await TwoNodes()
    try await place.bring("ann", to: 0, isOwner: true)
    try await place.bring("bob", to: 1)
    let recording = place.folder + "/talk.ivf"
    try Data(MeetTests.recording(frames: 3_000)).write(to: URL(fileURLWithPath: recording))
    let host = try place.start("ann", ["meet", "#lobby", "--play", recording])
    try await host.line { $0.contains("Presenting talk.ivf.") }

    // Who is signed in at the other node is sent to the one that holds it.
    let link = try await place.run("bob", ["meet", "#lobby", "--link"]).expectSuccess().output
    #expect(link.hasPrefix("https://\(place.addresses[0])/room/lobby/meeting#"), "\(link)")
    let follower = try place.start(
      "bob", ["meet", "#lobby", "--json", "--no-browser"], keepsInputOpen: true)
    try await follower.line {
      $0.contains("\"event\":\"participant\"") && $0.contains("\"name\":\"ann\"")
    }
    let guest = try place.start("bob", ["meet", "#lobby", "--play", recording])
    try await guest.line { $0.contains("Presenting talk.ivf.") }
    try await follower.line {
      $0.contains("\"event\":\"participant\"") && $0.contains("\"name\":\"bob\"")
    }

    // When that node dies both go on in a new meeting at the other one.
    try await place.kill(0)
    let watcher = try place.start(
      "bob", ["meet", "#lobby", "--json", "--no-browser"], keepsInputOpen: true)
    for name in ["ann", "bob"] {
      try await watcher.line {
        $0.contains("\"event\":\"participant\"") && $0.contains("\"name\":\"\(name)\"")
      }
    }
    let history = try await place.run("bob", ["read", "#lobby"]).expectSuccess().output
    let events = history.lines.compactMap { line in
      ["started a meeting", "meeting ended"].first { line.contains($0) }
    }
    #expect(events == ["started a meeting", "meeting ended", "started a meeting"], "\(history)")
  }
}

extension TwoNodes {
  private func inbox(_ person: String) -> String { "\(folder)/inbox-\(person)" }

  fileprivate func receiver(_ person: String) throws -> RunningProgram {
    try FileManager.default.createDirectory(
      atPath: inbox(person), withIntermediateDirectories: true)
    return try start(
      person, ["file", "receive", "--into", inbox(person), "--yes", "--once", "--json"])
  }

  fileprivate func hasReceived(_ source: String, _ person: String, _ name: String) -> Bool {
    FileManager.default.contentsEqual(atPath: source, andPath: inbox(person) + "/" + name)
  }
}
