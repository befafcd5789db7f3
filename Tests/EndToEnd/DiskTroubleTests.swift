import Foundation
import Testing

/// Disks that do not do what they should, on either side.
@Suite struct DiskTroubleTests {
  /// A file system of its own for each test.
  private static let obstacle: Comment? =
    getuid() == 0 ? nil : "skipped: mounting a small file system needs root"

  @Test(.enabled(if: obstacle == nil, obstacle))
  func aFullDiskIsSaidAndRoomLetsItGoOn() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let inbox = try Mount(at: place.folder + "/inbox", "size=4m")
    let source = place.folder + "/talk.mp4"
    try writeRandom(megabytes: 8, to: source)
    let sender = try place.start("ann", ["file", "send", source, "@bob", "--json"])
    let receiver = try place.start(
      "bob", ["file", "receive", "--into", inbox.path, "--yes", "--once", "--json"])
    for program in [receiver, sender] {
      try await program.line { $0.contains("\"paused\":\"diskFull\"") }
    }
    try inbox.remount("size=20m")
    try await receiver.outcome().expectSuccess()
    try await sender.outcome().expectSuccess()
    #expect(
      FileManager.default.contentsEqual(atPath: source, andPath: inbox.path + "/ann_talk.mp4"))
  }

  /// What the reader has had takes no room any more.
  @Test(.enabled(if: obstacle == nil, obstacle))
  func aStreamMayBeLongerThanTheRoomForIt() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let scratch = try Mount(at: place.folder + "/scratch", "size=12m")
    let source = place.folder + "/talk.mp4"
    // Letters, because what a program prints is gathered as text.
    try Data(repeating: 0x61, count: 40 << 20).write(to: URL(fileURLWithPath: source))
    let receiver = try RunningProgram(
      ["file", "receive", "--stdout", "--from", "@ann"], home: place.home("bob"), input: "",
      environment: ["TMPDIR": scratch.path])
    try await place.run("ann", ["file", "send", source, "@bob", "--rate", "80Mbit"])
      .expectSuccess()
    let outcome = try await receiver.outcome().expectSuccess()
    #expect(outcome.output.utf8.count == 40 << 20)
  }

  @Test(.enabled(if: obstacle == nil, obstacle))
  func aFolderThatCannotBeWrittenToIsSaid() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let inbox = try Mount(at: place.folder + "/inbox", "ro")
    let source = place.folder + "/talk.mp4"
    try writeRandom(megabytes: 1, to: source)
    let sender = try place.start("ann", ["file", "send", source, "@bob"])
    let outcome = try await place.run(
      "bob", ["file", "receive", "--into", inbox.path, "--yes", "--once"])
    #expect(outcome.status == 5)
    #expect(outcome.errors.contains("cannot be written to"), "\(outcome.errors)")
    let told = try await sender.outcome()
    #expect(told.status == 5)
    #expect(told.errors.contains("cannot be written to"), "\(told.errors)")
  }

  @Test func aSourceThatIsEditedWhileItIsSentIsSaid() async throws {
    let place = try await Place()
    try await place.bring("ann", "bob")
    let source = place.folder + "/talk.mp4"
    try writeRandom(megabytes: 8, to: source)
    let inbox = place.folder + "/inbox"
    try FileManager.default.createDirectory(atPath: inbox, withIntermediateDirectories: true)
    let receiver = try place.start(
      "bob", ["file", "receive", "--into", inbox, "--yes", "--once", "--json"])
    let sender = try place.start("ann", ["file", "send", source, "@bob", "--rate", "16Mbit"])
    try await receiver.line { (number("bytes", of: $0) ?? 0) > 1_000_000 }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: source))
    try file.seek(toOffset: 6 << 20)
    try file.write(contentsOf: Data("another version".utf8))
    try file.close()
    for outcome in [try await sender.outcome(), try await receiver.outcome()] {
      #expect(outcome.status == 5)
      #expect(outcome.errors.contains("changed while it was sent"), "\(outcome.errors)")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: inbox)
    #expect(names.allSatisfy { $0.hasPrefix(".") }, "\(names)")
  }
}

/// A small file system in memory, gone with this.
private final class Mount: Sendable {
  let path: String

  init(at path: String, _ options: String) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Self.run("/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", path)
  }

  deinit { try? Self.run("/bin/umount", "-l", path) }

  func remount(_ options: String) throws {
    try Self.run("/bin/mount", "-o", "remount," + options, path)
  }

  private static func run(_ program: String, _ arguments: String...) throws {
    let process = try Process.run(URL(fileURLWithPath: program), arguments: arguments)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Unexpected("\(program) \(arguments)") }
  }
}
