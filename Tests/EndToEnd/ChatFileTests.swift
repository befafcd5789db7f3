import Foundation
import Testing

/// Files between two chats, line by line, with real processes and real datagrams.
@Suite struct ChatFileTests {
  @Test func twoChatsHandOverAFileWhileTheyTalk() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("my talk.mp4", megabytes: 5)
    let into = try place.makeFolder("inbox")
    let ann = try place.start("ann", ["chat", "--plain"], keepsInputOpen: true)
    let bob = try place.start("bob", ["chat", "--plain", "--into", into], keepsInputOpen: true)
    try bob.type("here I am")
    try await ann.line { $0.contains("here I am") }
    try ann.type("/send-file '\(source)' @bob")
    try await bob.line { $0.contains("ann offers you my talk.mp4") }
    try bob.type("/transfers")
    try await bob.line { $0.contains("/decline 1") }
    try bob.type("/accept")
    try bob.type("it comes")
    try await ann.line { $0.contains("it comes") }
    try await bob.line { $0.contains("Received my talk.mp4 from ann") }
    try await ann.line { $0.contains("my talk.mp4 has arrived at bob.") }
    #expect(
      FileManager.default.contentsEqual(atPath: source, andPath: into + "/ann_my talk.mp4"))
    try ann.type("/quit")
    bob.endInput()
    #expect(try await ann.exitStatus() == 0)
    #expect(try await bob.exitStatus() == 0)
  }

  @Test func theClassicCommandUploads() async throws {
    let place = try await Place()
    try await place.bring("yoda", "obi-wan")
    let source = try place.makeFile("lecture1.mp4", megabytes: 2)
    let into = try place.makeFolder("inbox")
    let yoda = try place.start("yoda", ["chat", "--plain"], keepsInputOpen: true)
    try yoda.type("UPD obi-wan \(source)")
    try await yoda.error { $0.contains("obi-wan is offline") }
    let other = try place.start(
      "obi-wan", ["chat", "--plain", "--into", into], keepsInputOpen: true)
    try other.type("hello there")
    try await yoda.line { $0.contains("hello there") }
    try yoda.type("UPD obi-wan \(source)")
    try await other.line { $0.contains("/accept 1") }
    try other.type("/accept 1")
    try await other.line { $0.contains("Received lecture1.mp4 from yoda") }
    try await yoda.line { $0.contains("lecture1.mp4 has been uploaded") }
    #expect(
      FileManager.default.contentsEqual(atPath: source, andPath: into + "/yoda_lecture1.mp4"))
    try other.type("UPD yoda /nowhere/at-all")
    try await other.error { $0.contains("/nowhere/at-all") }
  }

  @Test func whatIsNotWantedIsDeclined() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("talk.mp4", megabytes: 1)
    let ann = try place.start("ann", ["chat", "--plain"], keepsInputOpen: true)
    let bob = try place.start("bob", ["chat", "--plain"], keepsInputOpen: true)
    try bob.type("here I am")
    try await ann.line { $0.contains("here I am") }
    try ann.type("/send-file \(source) @bob")
    try await bob.line { $0.contains("/accept 1") }
    try bob.type("/decline")
    try await ann.line { $0.contains("bob does not want talk.mp4.") }
    try ann.type("/send-file \(source) @bob")
    try await bob.lines(count: 2) { $0.contains("/accept 1") }
    try ann.type("/cancel")
    try await bob.line { $0.contains("not offered any more") }
  }

  /// At the end of its input a chat stays until its files have arrived.
  @Test func aScriptSendsAndTakes() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("talk.mp4", megabytes: 3)
    let into = try place.makeFolder("inbox")
    let bob = try place.start("bob", ["chat", "--plain", "--into", into], keepsInputOpen: true)
    let ann = try place.start("ann", ["chat", "--plain"], keepsInputOpen: true)
    try ann.type("/send-file \(source) @bob")
    ann.endInput()
    try await bob.line { $0.contains("/accept 1") }
    try bob.type("/accept 1")
    bob.endInput()
    #expect(try await ann.exitStatus() == 0)
    #expect(try await bob.exitStatus() == 0)
    #expect(FileManager.default.contentsEqual(atPath: source, andPath: into + "/ann_talk.mp4"))
  }

  /// What was accepted once goes on by itself, where it was, when its sender comes back.
  @Test func aChatGoesOnWithASenderThatWasKilled() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("talk.mp4", megabytes: 12)
    let into = try place.makeFolder("inbox")
    let bob = try place.start("bob", ["chat", "--plain", "--into", into], keepsInputOpen: true)
    let send = ["file", "send", source, "@bob", "--json", "--rate", "24Mbit"]
    let killed = try place.start("ann", send)
    try await bob.line { $0.contains("/accept 1") }
    try bob.type("/accept")
    // What was noted of it is at most two seconds, and so six megabytes, behind.
    try await killed.line { number("bytes", of: $0) ?? 0 > 9_000_000 }
    killed.kill(SIGKILL)
    _ = try await killed.exitStatus()
    let sent = try await place.run("ann", send).expectSuccess()
    let first = sent.output.lines.compactMap { number("bytes", of: $0) }.first { $0 > 0 }
    #expect(first ?? 0 >= 2_000_000, "\(sent.output)")
    try await bob.line { $0.contains("Received talk.mp4 from ann") }
    #expect(FileManager.default.contentsEqual(atPath: source, andPath: into + "/ann_talk.mp4"))
    #expect(bob.lines.count { $0.contains("ann offers you") } == 1)
  }

  @Test func whatIsCancelledLeavesNothing() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("talk.mp4", megabytes: 12)
    let into = try place.makeFolder("inbox")
    let bob = try place.start("bob", ["chat", "--plain", "--into", into], keepsInputOpen: true)
    let ann = try place.start(
      "ann", ["file", "send", source, "@bob", "--json", "--rate", "8Mbit"])
    try await bob.line { $0.contains("/accept 1") }
    try bob.type("/accept")
    try await ann.line { number("bytes", of: $0) ?? 0 > 1_000_000 }
    try bob.type("/cancel")
    try await bob.line { $0.contains("talk.mp4 was cancelled.") }
    #expect([3, 5].contains(try await ann.exitStatus()))
    try await eventually("nothing is left of it") {
      (try? FileManager.default.contentsOfDirectory(atPath: into)) == []
    }
  }

  /// Who interrupts the sender tells the other device, which need not wait for silence.
  @Test func anInterruptedSenderSaysGoodbye() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("talk.mp4", megabytes: 12)
    let into = try place.makeFolder("inbox")
    let receiver = try place.start(
      "bob", ["file", "receive", "--into", into, "--yes", "--once", "--json"])
    let sender = try place.start(
      "ann", ["file", "send", source, "@bob", "--json", "--rate", "8Mbit"])
    try await sender.line { number("bytes", of: $0) ?? 0 > 1_000_000 }
    sender.kill(SIGINT)
    #expect(try await sender.exitStatus() == 130)
    let outcome = try await receiver.outcome()
    #expect(outcome.status == 5)
    #expect(outcome.errors.contains("the other side stopped for now"), "\(outcome.errors)")
  }
}
