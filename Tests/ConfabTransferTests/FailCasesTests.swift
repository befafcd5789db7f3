import Foundation
import GoldenFiles
import Primitives
import Testing

/// What the fuzzers once broke stays mended, and seeded bytes go through the same exercises.
@Suite struct FailCasesTests {
  private static let exercises: [(name: String, run: @Sendable ([UInt8]) -> Void)] = [
    ("TransferPacket", exercisePacket), ("TransferHandshake", exerciseHandshake),
    ("TransferBlobs", exerciseBlobs), ("TransferControl", exerciseControl),
    ("TransferRelay", exerciseRelay), ("TransferRecipient", exerciseRecipient),
    ("TransferPresenter", exercisePresenter), ("TransferConnection", exerciseConnection),
  ]

  @Test func failCasesStayMended() throws {
    for (name, run) in Self.exercises {
      let folder = GoldenFile("Fuzz/FailCases/\(name)").url
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      for file in files where !file.hasPrefix(".") {
        run([UInt8](try Data(contentsOf: folder.appendingPathComponent(file))))
      }
    }
  }

  @Test(arguments: 1...100) func seededBytes(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for (_, run) in Self.exercises {
      let count = Int.random(in: 1...1_000, using: &random)
      run([UInt8].random(count: count, using: &random))
    }
  }
}
