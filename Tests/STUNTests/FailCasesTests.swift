import Foundation
import Primitives
import Testing

/// What the fuzzer once broke stays mended, and seeded bytes go through the same exercise.
@Suite struct FailCasesTests {
  @Test func failCasesStayMended() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Fuzz/FailCases/STUNMessages")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    for file in files where !file.hasPrefix(".") {
      exerciseSTUNMessage([UInt8](try Data(contentsOf: folder.appendingPathComponent(file))))
    }
  }

  @Test(arguments: 1...200) func seededBytes(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var bytes = [UInt8].random(count: 4 * Int.random(in: 5...60, using: &random), using: &random)
    // What every message begins with, so that more than the beginning is read.
    bytes[0] = 0
    bytes.replaceSubrange(2..<4, with: [0, UInt8(bytes.count - 20)])
    bytes.replaceSubrange(4..<8, with: [0x21, 0x12, 0xA4, 0x42])
    exerciseSTUNMessage(bytes)
  }
}
