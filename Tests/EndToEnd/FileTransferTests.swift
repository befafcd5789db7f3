import Foundation
import Testing

/// Files from device to device, with real processes and real datagrams.
@Suite struct FileTransferTests {
  @Test func aFileArrivesWholeAndNothingIsOverwritten() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("talk.mp4", megabytes: 5)
    let into = try place.makeFolder("inbox")
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
    let source = try place.makeFile("talk.mp4", megabytes: 24)
    let into = try place.makeFolder("inbox")
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

  /// The receiver has said yes once; whoever sends the same again is let in.
  @Test(arguments: [[Int32](), [SIGKILL], [SIGKILL, SIGKILL]]) func aKilledSenderGoesOn(
    kills: [Int32]
  ) async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("talk.mp4", megabytes: 24)
    let into = try place.makeFolder("inbox")
    let send = ["file", "send", source, "@bob", "--json", "--rate", "40Mbit"]
    let receiver = try place.start(
      "bob", ["file", "receive", "--into", into, "--yes", "--once", "--json"])
    var arrived = 0
    for signal in kills {
      let killed = try place.start("ann", send)
      // What the receiver noted is at most two seconds, and so ten megabytes, behind.
      let goal = max(12_500_000, arrived + 3_000_000)
      let line = try await killed.line { (number("bytes", of: $0) ?? 0) > goal }
      arrived = number("bytes", of: line) ?? 0
      killed.kill(signal)
      _ = try await killed.exitStatus()
    }
    let sender = try place.start("ann", send)
    let first = try await sender.line { number("bytes", of: $0) ?? 0 > 0 }
    // It goes on: what the receiver's journal had then is not sent again.
    #expect((number("bytes", of: first) ?? 0) >= arrived / 8, "\(first)")
    try await sender.outcome().expectSuccess()
    try await receiver.outcome().expectSuccess()
    #expect(
      FileManager.default.contentsEqual(atPath: source, andPath: into + "/ann_talk.mp4"))
  }

  /// Offers and answers travel through the server: whoever runs it could put other keys into them.
  @Test(arguments: ["ann", "bob"]) func aDeviceWhoseKeyChangedGetsNothing(_ wary: String)
    async throws
  {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("talk.mp4", megabytes: 1)
    let into = try place.makeFolder("inbox")
    let receive = ["file", "receive", "--into", into, "--yes", "--once"]
    let first = try place.start("bob", receive)
    try await place.run("ann", ["file", "send", source, "@bob"]).expectSuccess()
    try await first.outcome().expectSuccess()
    try place.forgeAgreementKeys(knownTo: wary)
    let receiver = try place.start("bob", receive)
    let sender = try place.start("ann", ["file", "send", source, "@bob"])
    let refusing = wary == "ann" ? sender : receiver
    let outcome = try await refusing.outcome()
    #expect(outcome.status != 0)
    #expect(outcome.errors.contains("has changed. Somebody may stand between you."))
    let other = wary == "ann" ? receiver : sender
    other.kill(SIGKILL)
    _ = try await other.exitStatus()
    let received = try FileManager.default.contentsOfDirectory(atPath: into)
    #expect(received.filter { !$0.hasPrefix(".") } == ["ann_talk.mp4"])
  }

  /// Killed before anybody was reached: the receiver must not stay with the offer that is gone.
  @Test func aSenderKilledAtOnceLeavesNobodyBehind() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("talk.mp4", megabytes: 1)
    let into = try place.makeFolder("inbox")
    let receiver = try place.start(
      "bob", ["file", "receive", "--into", into, "--yes", "--once", "--json"])
    for milliseconds in [120, 160, 200, 240, 280] {
      let killed = try place.start("ann", ["file", "send", source, "@bob", "--rate", "500kbit"])
      try await Task.sleep(for: .milliseconds(milliseconds))
      killed.kill(SIGKILL)
      _ = try await killed.exitStatus()
    }
    try await place.run("ann", ["file", "send", source, "@bob"]).expectSuccess()
    try await receiver.outcome().expectSuccess()
    #expect(
      FileManager.default.contentsEqual(atPath: source, andPath: into + "/ann_talk.mp4"))
  }

  @Test func aRoomIsServedTogether() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob", "cleo", "dan")
    try await place.run("ann", ["room", "create", "plans", "@bob", "@cleo", "@dan"])
      .expectSuccess()
    let source = try place.makeFile("talk.mp4", megabytes: 3)
    let receivers = try ["bob", "cleo"].map { person in
      let into = try place.makeFolder("inbox-" + person)
      return try place.start(
        person, ["file", "receive", "--into", into, "--yes", "--once", "--json"])
    }
    let sender = try place.start("ann", ["file", "send", source, "#plans", "--json"])
    try await sender.line { $0.contains("\"event\":\"waiting\"") && $0.contains("dan") }
    for receiver in receivers { try await receiver.outcome().expectSuccess() }
    try await sender.lines(count: 2) { $0.contains("\"event\":\"done\"") }
    let dan = try place.start("dan", ["chat", "--plain"], keepsInputOpen: true)
    try await dan.line { $0.contains("ann offers #plans talk.mp4") }
    try dan.type("/decline")
    #expect(try await sender.exitStatus() == 3)
    for person in ["bob", "cleo"] {
      let copy = place.folder + "/inbox-\(person)/ann_talk.mp4"
      #expect(FileManager.default.contentsEqual(atPath: source, andPath: copy))
    }
  }

  @Test func foldersAndSpecialFiles() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let folder = try place.makeFolder("slides/deep")
    _ = try place.makeFile("slides/deep/one.pdf", megabytes: 1)
    #expect(FileManager.default.createFile(atPath: place.folder + "/slides/empty", contents: nil))
    #expect(mkfifo(place.folder + "/slides/pipe", 0o600) == 0)
    let into = try place.makeFolder("inbox")
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

  /// What is left out because of its name is missed, and the status says so.
  @Test func namesThatAreNotEverywhere() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let folder = try place.makeFolder("slides")
    for name in ["good", "aux.c"] {
      try Data(name.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    let into = try place.makeFolder("inbox")
    let receive = ["file", "receive", "--into", into, "--yes", "--once"]
    let first = try place.start("bob", receive)
    let sent = try await place.run("ann", ["file", "send", folder, "@bob"])
    #expect(sent.status == 5)
    #expect(sent.errors.contains("aux.c is not sent"), "\(sent.errors)")
    try await first.outcome().expectSuccess()
    #expect(!FileManager.default.fileExists(atPath: into + "/ann_slides/aux.c"))
    let second = try place.start("bob", receive)
    try await place.run("ann", ["file", "send", folder, "@bob", "--names", "respell"])
      .expectSuccess()
    try await second.outcome().expectSuccess()
    #expect(
      FileManager.default.contentsEqual(
        atPath: folder + "/aux.c", andPath: into + "/ann_slides (2)/aux_.c"))
    let refused = try await place.run("ann", ["file", "send", folder, "@bob", "--names", "refuse"])
    #expect(refused.status == 2)
  }

  /// What a transfer that was broken off left is seen, and can be taken away.
  @Test func unfinishedPartsAreListedAndForgotten() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = try place.makeFile("talk.mp4", megabytes: 24)
    let into = try place.makeFolder("inbox")
    let sender = try place.start(
      "ann", ["file", "send", source, "@bob", "--json", "--rate", "40Mbit"])
    let receiver = try place.start(
      "bob", ["file", "receive", "--into", into, "--yes", "--once", "--json"])
    try await receiver.line { (number("bytes", of: $0) ?? 0) > 5_000_000 }
    let list = ["file", "list", "--unfinished", "--json"]
    let busy = try await place.run("bob", ["file", "forget", "--all"]).expectSuccess()
    #expect(busy.output.isEmpty)
    receiver.kill(SIGKILL)
    sender.kill(SIGKILL)
    _ = try await (receiver.exitStatus(), sender.exitStatus())
    let listed = try await place.run("bob", list).expectSuccess().output
    #expect(field("name", of: listed) == "talk.mp4")
    #expect(field("from", of: listed) == "ann")
    #expect(number("total", of: listed) == 24 << 20)
    #expect((number("bytes", of: listed) ?? 0) > 1_000_000)
    let young = try await place.run("bob", ["file", "forget", "--older-than", "1h"])
      .expectSuccess()
    #expect(young.output.isEmpty)
    let id = field("id", of: listed)
    #expect(try await place.run("bob", ["file", "forget", "0" + id]).status == 2)
    let forgotten = try await place.run("bob", ["file", "forget", String(id.prefix(8))])
      .expectSuccess()
    #expect(forgotten.output.contains("talk.mp4"))
    #expect(try await place.run("bob", list).expectSuccess().output.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: into).isEmpty)
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

  /// A film can be watched while it comes, whatever of its beginning came before there was a place for it.
  @Test func aStreamBeginsBeforeItsEnd() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = place.folder + "/film.mkv"
    // Letters, because what is gathered is read as text again and again.
    try Data(repeating: 0x61, count: 12 << 20).write(to: URL(fileURLWithPath: source))
    let receiver = try place.start("bob", ["file", "receive", "--stdout", "--from", "@ann"])
    let sender = try place.start(
      "ann", ["file", "send", source, "@bob", "--json", "--rate", "16Mbit"])
    try await eventually("the film has begun") { !receiver.output.isEmpty }
    #expect(!sender.lines.contains { $0.contains("\"event\":\"done\"") })
    try await sender.outcome().expectSuccess()
    try await receiver.outcome().expectSuccess()
  }

  /// A stream waits for what it can take, and what it cannot take is no failure of its sender.
  @Test func aStreamLeavesFoldersAlone() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let folder = try place.makeFolder("slides")
    try Data("one".utf8).write(to: URL(fileURLWithPath: folder + "/one"))
    let film = place.folder + "/film"
    try Data("a film".utf8).write(to: URL(fileURLWithPath: film))
    let other = try place.start("ann", ["file", "send", folder, "@bob", "--json"])
    try await other.line { $0.contains("\"event\":\"waiting\"") }
    let receiver = try place.start("bob", ["file", "receive", "--stdout", "--from", "@ann"])
    try await place.run("ann", ["file", "send", film, "@bob"]).expectSuccess()
    let outcome = try await receiver.outcome().expectSuccess()
    #expect(outcome.output == "a film")
    other.kill(SIGKILL)
    let refused = try await other.outcome()
    #expect(!refused.errors.contains("Only one file"), "\(refused.errors)")
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

  private func done(in outcome: Outcome) throws -> String {
    try #require(outcome.output.lines.last { $0.contains("\"event\":\"done\"") })
  }
}

extension Place {
  /// Has a person remember other keys of all devices than they have, which looks as if the devices had
  /// changed theirs.
  fileprivate func forgeAgreementKeys(knownTo person: String) throws {
    let file = URL(fileURLWithPath: home(person) + "/devices.json")
    var book = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    var devices = try #require(book["devices"] as? [[String: Any]])
    #expect(devices.contains { $0["agreement"] != nil })
    for index in devices.indices where devices[index]["agreement"] != nil {
      devices[index]["agreement"] = String(repeating: "00", count: 32)
    }
    book["devices"] = devices
    try JSONSerialization.data(withJSONObject: book).write(to: file)
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
