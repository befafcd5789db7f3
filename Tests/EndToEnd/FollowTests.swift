import Foundation
import Testing

/// Streams that go on while the server comes and goes.
@Suite struct FollowTests {
  @Test func followersHearEverythingOnceOverKilledServers() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let watcher = try place.start("bob", ["watch", "--json"])
    defer { watcher.kill(SIGKILL) }
    // Before the other one, whose coming would make this one's no news.
    try await watcher.line { $0.contains("\"event\":\"active\"") && $0.contains("\"me\":true") }
    let follower = try place.start("bob", ["read", "#lobby", "--since", "0", "--follow", "--json"])
    defer { follower.kill(SIGKILL) }
    for round in 1...3 {
      for number in 1...5 {
        try await place.run("ann", ["broadcast", "round \(round) number \(number)"]).expectSuccess()
      }
      try await place.stop(SIGKILL)
      try await place.restart()
    }
    try await place.run("ann", ["broadcast", "the last"]).expectSuccess()
    try await follower.line { $0.contains("the last") }
    try await watcher.line { $0.contains("the last") }
    let expected = (1...3).flatMap { round in (1...5).map { "round \(round) number \($0)" } }
    #expect(texts(of: follower) == expected + ["the last"])
    #expect(texts(of: watcher) == expected + ["the last"])
    #expect(follower.lines.allSatisfy { !$0.contains("\"event\"") })
  }

  /// What was acknowledged before a kill is there after it, once, in the order of the input.
  @Test func acknowledgedMessagesOutliveKilledServers() async throws {
    let place = try await Place()
    try await place.bring("ann")
    let sender = try place.start("ann", ["send", "#lobby", "-"], keepsInputOpen: true)
    let count = 200
    for number in 1...count {
      try sender.type("message \(number)")
      if number % 50 == 0 {
        try await sender.lines(count: number / 2)
        try await place.stop(SIGKILL)
        try await place.restart()
      }
    }
    sender.endInput()
    let outcome = try await sender.outcome().expectSuccess()
    let acknowledged = outcome.output.lines.map { $0.split(separator: " ").map(String.init) }
    #expect(acknowledged.map { $0[1] } == (1...count).map(String.init))
    let read = try await place.run("ann", ["read", "#lobby", "--since", "0", "--json"])
    #expect(texts(of: read.output.lines) == (1...count).map { "message \($0)" })
    // The time of the acknowledgement is the message's own.
    let times = read.output.lines.map { field("at", of: $0) }
    #expect(acknowledged.map { $0[2] } == times)
  }

  @Test func signingOutEndsTheSessionsStreams() async throws {
    let place = try await Place()
    try await place.bring("ann")
    let watcher = try place.start("ann", ["watch", "--json"])
    try await watcher.line { $0.contains("\"me\":true") }
    try await place.run("ann", ["sign-out"]).expectSuccess()
    #expect(try await watcher.exitStatus() == 3)
  }

  @Test func watchTellsWhatHappensToOneself() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let watcher = try place.start("bob", ["watch", "--json"])
    defer { watcher.kill(SIGKILL) }
    try await watcher.line { $0.contains("\"me\":true") }
    try await place.run("ann", ["send", "@bob", "first words"]).expectSuccess()
    try await place.run("ann", ["room", "create", "plans", "@bob"]).expectSuccess()
    try await place.run("ann", ["send", "#plans", "for @bob"]).expectSuccess()
    try await place.run("ann", ["edit", "#plans", "1", "for you"]).expectSuccess()
    try await place.run("ann", ["react", "#plans", "1", "👍"]).expectSuccess()
    try await place.run("ann", ["delete", "#plans", "1"]).expectSuccess()
    try await place.run("ann", ["room", "rename", "plans", "schemes"]).expectSuccess()
    try await place.run("ann", ["room", "remove", "schemes", "@bob"]).expectSuccess()
    try await watcher.line { $0.contains("\"event\":\"room-gone\"") }
    let said = watcher.lines.joined(separator: "\n")
    for wanted in [
      "\"channel\":\"@ann\",\"sequence\":1", "\"text\":\"for @bob\"", "\"event\":\"edited\"",
      "\"event\":\"reaction-added\"", "\"event\":\"deleted\"", "\"event\":\"renamed\"",
    ] { #expect(said.contains(wanted), "\(wanted) in \(said)") }
  }

  @Test func interruptingIsStatus130() async throws {
    let place = try await Place()
    try await place.bring("ann")
    let watcher = try place.start("ann", ["watch", "--json"])
    try await watcher.line { $0.contains("\"me\":true") }
    watcher.kill(SIGINT)
    #expect(try await watcher.exitStatus() == 130)
  }

  @Test func withoutAServerIsStatus4() async throws {
    let place = try await Place()
    try await place.bring("ann")
    try await place.stop(SIGTERM)
    let outcome = try await place.run("ann", ["who"])
    #expect(outcome.status == 4)
    #expect(outcome.errors.lines.count == 1)
  }
}

private func texts(of program: RunningProgram) -> [String] { texts(of: program.lines) }

/// Of messages only: they are the lines without an event.
private func texts(of lines: [String]) -> [String] {
  lines.filter { !$0.contains("\"event\"") }.map { field("text", of: $0) }
}

func field(_ name: String, of line: String) -> String {
  let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
  return object?[name] as? String ?? ""
}
