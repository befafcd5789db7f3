import Foundation
import Testing

/// Files from device to device, with real processes and real datagrams.
@Suite struct FileTransferTests {
  @Test func aFileArrivesWholeAndNothingIsOverwritten() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try makeFile(in: place, "talk.mp4", megabytes: 5)
    let into = try makeFolder(in: place, "inbox")
    for expected in ["ann_talk.mp4", "ann_talk (2).mp4"] {
      let receiver = try place.start(
        "bob", ["file", "receive", "--into", into, "--yes", "--once", "--json"])
      let sent = try await place.run("ann", ["file", "send", source, "@bob", "--json"])
        .expectSuccess()
      let received = try await receiver.outcome().expectSuccess()
      #expect(
        FileManager.default.contentsEqual(atPath: source, andPath: into + "/" + expected))
      let (ours, theirs) = (try done(in: sent), try done(in: received))
      #expect(field("name", of: theirs) == expected)
      #expect(field("sha256", of: ours) == field("sha256", of: theirs))
      #expect(theirs.contains("\"path\":\"direct\""), "\(theirs)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: into).count == 2)
  }

  @Test func aKilledReceiverGoesOnWhereItWas() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try makeFile(in: place, "talk.mp4", megabytes: 24)
    let into = try makeFolder(in: place, "inbox")
    let receive = ["file", "receive", "--into", into, "--yes", "--once", "--json"]
    let sender = try place.start(
      "ann", ["file", "send", source, "@bob", "--json", "--rate", "40Mbit"])
    let killed = try place.start("bob", receive)
    // Some of it is there, and noted: the journal follows within two seconds.
    try await killed.line { (number("bytes", of: $0) ?? 0) > 10_000_000 }
    killed.kill(SIGKILL)
    _ = try await killed.exitStatus()
    let receiver = try place.start("bob", receive)
    let first = try await receiver.line { number("bytes", of: $0) ?? 0 > 0 }
    #expect((number("bytes", of: first) ?? 0) >= 2_000_000, "\(first)")
    let received = try await receiver.outcome().expectSuccess()
    try await sender.outcome().expectSuccess()
    #expect(
      FileManager.default.contentsEqual(atPath: source, andPath: into + "/ann_talk.mp4"))
    #expect(field("sha256", of: try done(in: received)).count == 64)
  }

  @Test func foldersAndSpecialFiles() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let folder = try makeFolder(in: place, "slides/deep")
    _ = try makeFile(in: place, "slides/deep/one.pdf", megabytes: 1)
    #expect(FileManager.default.createFile(atPath: place.folder + "/slides/empty", contents: nil))
    #expect(mkfifo(place.folder + "/slides/pipe", 0o600) == 0)
    let into = try makeFolder(in: place, "inbox")
    let receiver = try place.start("bob", ["file", "receive", "--into", into, "--yes", "--once"])
    let sent = try await place.run("ann", ["file", "send", place.folder + "/slides", "@bob"])
      .expectSuccess()
    try await receiver.outcome().expectSuccess()
    #expect(sent.errors.contains("pipe is not sent"), "\(sent.errors)")
    #expect(
      FileManager.default.contentsEqual(
        atPath: folder + "/one.pdf", andPath: into + "/ann_slides/deep/one.pdf"))
    #expect(FileManager.default.fileExists(atPath: into + "/ann_slides/empty"))
    #expect(!FileManager.default.fileExists(atPath: into + "/ann_slides/pipe"))
  }

  @Test func aStreamIsTheFile() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = place.folder + "/words.txt"
    let words = (1...200_000).map { "line \($0)\n" }.joined()
    try words.write(toFile: source, atomically: true, encoding: .utf8)
    let receiver = try place.start("bob", ["file", "receive", "--stdout", "--from", "@ann"])
    try await place.run("ann", ["file", "send", source, "@bob"]).expectSuccess()
    #expect(try await receiver.outcome().expectSuccess().output == words)
  }

  @Test func mistakesAreStatus2() async throws {
    let place = try await Place()
    try await place.bring("ann")
    let nothing = try await place.run("ann", ["file", "send", "@ann"])
    #expect(nothing.status == 2)
    let missing = try await place.run("ann", ["file", "send", "/nowhere/at-all", "@ann"])
    #expect(missing.status == 2)
    #expect(missing.errors.contains("/nowhere/at-all"), "\(missing.errors)")
    let unasked = try await place.run("ann", ["file", "receive"])
    #expect(unasked.status == 2)
  }

  // MARK: - Made for a test

  private func makeFolder(in place: Place, _ name: String) throws -> String {
    let path = place.folder + "/" + name
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private func makeFile(in place: Place, _ name: String, megabytes: Int) throws -> String {
    let path = place.folder + "/" + name
    try writeRandom(megabytes: megabytes, to: path)
    return path
  }

  private func done(in outcome: Outcome) throws -> String {
    try #require(outcome.output.lines.last { $0.contains("\"event\":\"done\"") })
  }
}

/// A number in a line of JSON.
func number(_ name: String, of line: String) -> Int? {
  guard let range = line.range(of: "\"\(name)\":") else { return nil }
  return Int(line[range.upperBound...].prefix { $0.isNumber })
}

func writeRandom(megabytes: Int, to path: String) throws {
  let random = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/dev/urandom"))
  let bytes = try random.read(upToCount: megabytes << 20)
  try bytes?.write(to: URL(fileURLWithPath: path))
}
