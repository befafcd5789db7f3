import Foundation
import Testing

/// Every file in `Transcripts` is a conversation that must go the same way again. `UPDATE=1` writes
/// down how it goes now.
@Suite struct TranscriptTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Transcripts")

  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".txt") }.sorted()

  @Test(arguments: names) func plays(_ name: String) async throws {
    let file = Self.folder.appendingPathComponent(name)
    let written = try String(contentsOf: file, encoding: .utf8)
    let place = try await Place()
    let played = try await Transcript(written).play(at: place)
    if ProcessInfo.processInfo.environment["UPDATE"] == "1" {
      try played.write(to: file, atomically: true, encoding: .utf8)
    } else {
      let differing = zip(played.lines, written.lines).first { $0 != $1 }
      #expect(
        played == written,
        "\(name): now \(differing?.0 ?? "the end"), before \(differing?.1 ?? "the end")")
    }
  }
}
