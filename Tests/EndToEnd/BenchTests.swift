import Foundation
import Testing

/// `confab bench` with next to no load: what it does and prints, not how fast it is.
@Suite struct BenchTests {
  @Test func transferMovesFilesAndCleansUp() async throws {
    let place = try await Place()
    let folder = try place.makeFolder("bench")
    let outcome = try await place.run(
      "operator",
      [
        "bench", "transfer", "--bytes", "1000000", "--files", "7", "--runs", "2", "--in", folder,
        "--json",
      ]
    ).expectSuccess()
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(report["files"] as? Int == 7)
    let runs = try #require(report["runs"] as? [[String: Any]])
    #expect(runs.count == 2)
    for run in runs {
      #expect(try #require(run["gigabitsPerSecond"] as? Double) > 0)
      #expect(try #require(run["packetsSent"] as? Int) > 0)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }

  @Test func transferRefusesWhatCannotBe() async throws {
    let place = try await Place()
    for arguments in [["--bytes", "3", "--files", "4"], ["--runs", "0"], ["--in", "/proc/nowhere"]] {
      let outcome = try await place.run("operator", ["bench", "transfer"] + arguments)
      #expect(outcome.status != 0)
      #expect(!outcome.errors.isEmpty)
    }
  }
}
