import Foundation
import Testing

@Suite struct PlainChatTests {
  @Test func twoPeopleTalkLineByLine() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let ann = try place.start("ann", ["chat", "--plain"], keepsInputOpen: true)
    let bob = try place.start("bob", ["chat", "--plain"], keepsInputOpen: true)
    try ann.type("hello from ann")
    try await bob.line { $0.contains("hello from ann") }
    try bob.type("/msg @ann just you")
    try await ann.line { $0.contains("just you") }
    try ann.type("/quit")
    bob.endInput()
    #expect(try await ann.exitStatus() == 0)
    #expect(try await bob.exitStatus() == 0)
  }

  /// Every classic command but UPD, as typed.
  @Test func classicCommandsWork() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob", "cleo")
    let ann = try place.start("ann", ["chat", "--plain"], keepsInputOpen: true)
    let bob = try place.start("bob", ["chat", "--plain"], keepsInputOpen: true)
    try ann.type("BCM hello everybody")
    try await bob.line { $0.contains("hello everybody") }
    try ann.type("ATU")
    try await ann.line { $0.contains("bob") }
    try ann.type("SRB bob")
    try await ann.line { $0.contains("room-1") || $0.contains("room ID: 1") }
    try ann.type("SRM 1 in the room")
    try await bob.line { $0.contains("in the room") }
    try bob.type("RDM b 1 Jun 2022 21:30:04")
    try await bob.lines(count: 2) { $0.contains("hello everybody") }
    try bob.type("RDM s 1 Jun 2022 21:30:04")
    try await bob.lines(count: 2) { $0.contains("in the room") }
    try ann.type("OUT")
    #expect(try await ann.exitStatus() == 0)
    #expect(try await place.run("ann", ["who"]).status == 2)
    bob.kill(SIGKILL)
  }

  /// What was typed without a server waits on disk, survives the client, and is sent once.
  @Test func unsentMessagesSurviveTheClient() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let first = try place.start("ann", ["chat", "--plain"], keepsInputOpen: true)
    try first.type("with a server")
    let reader = try place.start("bob", ["read", "#lobby", "--since", "0", "--follow"])
    defer { reader.kill(SIGKILL) }
    try await reader.line { $0.contains("with a server") }
    try await place.stop(SIGKILL)
    try first.type("without a server")
    let outbox = place.home("ann") + "/outbox"
    try await eventually("the message is in the outbox") {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: outbox)) ?? []
      return files.contains { file in
        let text = try? String(contentsOfFile: "\(outbox)/\(file)", encoding: .utf8)
        return text?.contains("without a server") == true
      }
    }
    first.kill(SIGKILL)
    _ = try await first.exitStatus()
    try await place.restart()
    let second = try place.start("ann", ["chat", "--plain"], keepsInputOpen: true)
    try await reader.line { $0.contains("without a server") }
    try second.type("/quit")
    _ = try await second.exitStatus()
    let files = try FileManager.default.contentsOfDirectory(atPath: outbox)
    #expect(files.filter { $0 != "lock" } == [])
    let read = try await place.run("bob", ["read", "#lobby", "--since", "0"])
    #expect(read.output.lines.count == 2)
  }
}

func eventually(_ what: String, _ isSo: () -> Bool) async throws {
  let end = ContinuousClock.now + RunningProgram.patience
  while !isSo() {
    guard ContinuousClock.now < end else { throw Unexpected("never: \(what)") }
    try await Task.sleep(for: .milliseconds(20))
  }
}
