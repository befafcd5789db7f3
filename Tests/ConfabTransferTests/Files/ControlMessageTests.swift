import ConfabTransfer
import Foundation
import Primitives
import Testing

/// `Vectors/files.json`: the bytes that another implementation has to make and to understand.
@Suite struct ControlMessageTests {
  struct Vector: Codable, Equatable {
    var name: String
    var hex: String
  }

  private static func samples() throws -> [(String, ControlMessage)] {
    let hash = ContentHash(repeating: 0xAB)
    let manifest = try manifest()
    var presenter = PresenterMachine(manifest)
    _ = presenter.nextControl()
    var decoder = ControlDecoder()
    decoder.append(presenter.nextControl() ?? [])
    let pieces = try #require(try decoder.next())
    return [
      ("begin", .begin(version: 1, manifest.summary)), ("manifest", pieces),
      ("holes", .holes([65_536..<262_144, 1_048_576..<3_145_728])),
      ("leaf hashes", .leafHashes(first: 7, [hash, ContentHash(repeating: 1)])),
      ("zero leaves", .zeroLeaves(first: 9, count: 4_000)),
      ("file digests", .fileDigests(first: 2, [hash])),
      ("source changed", .sourceChanged(entry: 2)), ("finish", .finish(root: hash)),
      ("thanks", .thanks), ("have nothing", .have([], isLast: true)),
      ("have", .have([0..<3, 70..<20_000], isLast: false)),
      ("again", .again([1_048_576..<1_048_577, 1 << 40..<1 << 41])),
      ("complete", .complete(root: hash)), ("pause", .pause(.diskFull)), ("resume", .resume),
      ("failed", .failed(FileFailure(.leafMismatch, "übung.mp4 did not arrive as sent."))),
    ]
  }

  private static func manifest() throws -> Manifest {
    var builder = ManifestBuilder()
    let time = FileTime(seconds: 1_654_119_004, nanoseconds: 250_000_000)
    try builder.openFolder(name: "Übung 1".utf8, mode: 0o750, modified: time)
    try builder.openFolder(name: "leer".utf8, mode: 0o755, modified: time)
    builder.closeFolder()
    try builder.addFile(name: "video.mp4".utf8, size: 5_000_000_000, mode: 0o644, modified: time)
    builder.closeFolder()
    try builder.addFile(
      name: "old".utf8, size: 0, mode: 0o400, modified: FileTime(seconds: -86_400))
    return try builder.finish()
  }

  private static func vectors() throws -> [Vector] {
    var vectors = try samples().map { Vector(name: $0.0, hex: $0.1.encoded().hex) }
    vectors.append(Vector(name: "manifest's hash", hex: try manifest().hash.hex))
    let bytes = (0..<1_500).map { UInt8(truncatingIfNeeded: $0) }
    let layout = LeafLayout(contentBytes: 1_500, leafBytes: 512)
    var hasher = LeafHasher(layout: layout)
    var root = RootHasher()
    bytes.withUnsafeBytes { hasher.update($0) { root.add($1) } }
    vectors.append(
      Vector(
        name: "root of 1,500 bytes 0, 1, 2… in leaves of 512",
        hex: root.root(contentBytes: 1_500).hex))
    let writer = ResumeJournalWriter(
      TransferIdentity(
        presenterKey: ContentHash(repeating: 1), manifest: ContentHash(repeating: 2)),
      layout: layout)
    vectors += [
      Vector(name: "journal: header", hex: writer.header.hex),
      Vector(
        name: "journal: leaves",
        hex: writer.encode(.leaves(first: 1, [ContentHash(repeating: 3)])).hex),
      Vector(name: "journal: zero leaves", hex: writer.encode(.zeroLeaves(0..<2)).hex),
      Vector(name: "journal: withdrawn", hex: writer.encode(.withdrawn(1..<2)).hex),
      Vector(
        name: "journal: publishing",
        hex: writer.encode(.publishing(entry: 3, name: "ann_old (2)")).hex),
    ]
    return vectors
  }

  /// `UPDATE=1 swift test --filter ControlMessageTests` writes the vectors anew; review the difference.
  @Test func bytesAreTheGoldenOnes() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appending(path: "Vectors/files.json")
    let vectors = try Self.vectors()
    if ProcessInfo.processInfo.environment["UPDATE"] == "1" {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try (try encoder.encode(vectors) + Data("\n".utf8)).write(to: file)
    }
    let golden = try JSONDecoder().decode([Vector].self, from: Data(contentsOf: file))
    #expect(vectors == golden)
  }

  @Test func everyMessageComesBack() throws {
    var decoder = ControlDecoder()
    let samples = try Self.samples()
    for byte in samples.flatMap({ $0.1.encoded() }) { decoder.append([byte]) }
    for (name, message) in samples { #expect(try decoder.next() == message, "\(name)") }
    #expect(try decoder.next() == nil)
  }

  @Test func whatANewerVersionAddsIsSkipped() throws {
    var decoder = ControlDecoder()
    decoder.append([0, 0, 0, 4, 200, 1, 2, 3])
    decoder.append(ControlMessage.resume.encoded())
    // More behind what is known, and a reason that is not.
    decoder.append([0, 0, 0, 3, 32, 77, 5])
    #expect(try decoder.next() == .resume)
    #expect(try decoder.next() == .pause(.other))
  }

  @Test(
    arguments: [
      [0, 0, 0, 0, 1], [0, 1, 0, 0, 1], [0xFF, 0xFF, 0xFF, 0xFF, 1], [0, 0, 0, 2, 8, 1],
      [0, 0, 0, 3, 3, 1, 0], [0, 0, 0, 4, 17, 1, 5, 0], [0, 0, 0, 1, 1],
      // A range whose end is beyond every number.
      [0, 0, 0, 18, 17, 1] + [UInt8](repeating: 0xFF, count: 16),
    ] as [[UInt8]])
  func malformedMessagesAreRefused(_ bytes: [UInt8]) {
    var decoder = ControlDecoder()
    decoder.append(bytes)
    #expect(throws: FileFailure.self) { while try decoder.next() != nil {} }
  }

  /// Whatever comes, it is a message or a refusal.
  @Test(arguments: 0..<20)
  func mutatedMessagesDoNoHarm(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for (_, message) in try Self.samples() {
      var bytes = message.encoded()
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        bytes[index] = .random(in: 0...255, using: &random)
      }
      var decoder = ControlDecoder()
      decoder.append(bytes)
      while let message = try? decoder.next() { _ = message.encoded() }
    }
  }

  @Test func codesNeverChange() {
    let codes = FileFailure.Code.allCases.map(\.rawValue)
    #expect(
      codes == [
        1, 10, 11, 12, 13, 20, 21, 22, 23, 24, 25, 26, 27, 28, 40, 41, 50, 51, 60, 61, 62, 63,
        9_999,
      ])
  }
}
