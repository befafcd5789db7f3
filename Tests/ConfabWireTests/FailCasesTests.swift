import Foundation
import GoldenFiles
import Primitives
import Testing

/// What the fuzzers once broke stays mended, and seeded bytes go through the same exercises.
@Suite struct FailCasesTests {
  private static let exercises: [(name: String, run: @Sendable ([UInt8]) -> Void)] = [
    ("WireFrameDecoder", exerciseFrameDecoder),
    ("WireWebSocketDecoder", exerciseWebSocketDecoder),
    ("WireServerConnection", exerciseServerConnection),
    ("WireClientConnection", exerciseClientConnection),
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

  @Test(arguments: 1...200) func seededBytes(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for (_, run) in Self.exercises {
      let count = Int.random(in: 1...2_000, using: &random)
      run([UInt8].random(count: count, using: &random))
    }
  }
}
