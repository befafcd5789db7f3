import ConfabMedia
import Foundation
import GoldenFiles
import Primitives
import Testing

/// What the fuzzers once broke stays mended, and seeded bytes go through the same exercises.
@Suite("Hostile media") struct FailCasesTests {
  private static let exercises: [(name: String, run: @Sendable ([UInt8]) -> Void)] = [
    ("MediaPackets", exerciseMediaPackets),
    ("MediaDescriptions", exerciseMediaDescriptions),
    ("MediaRoom", exerciseMediaRoom),
    ("MediaICE", exerciseICE),
    ("MediaSRTP", exerciseSRTP),
    ("MediaRecordings", exerciseRecording),
  ]

  @Test("inputs that broke something stay mended") func failCasesStayMended() throws {
    for (name, run) in Self.exercises {
      let folder = GoldenFile("Fuzz/FailCases/\(name)").url
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      for file in files where !file.hasPrefix(".") {
        run([UInt8](try Data(contentsOf: folder.appendingPathComponent(file))))
      }
    }
  }

  @Test("seeded bytes break nothing", arguments: 1...100) func seededBytes(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for (_, run) in Self.exercises {
      let count = Int.random(in: 1...2_000, using: &random)
      run([UInt8].random(count: count, using: &random))
    }
  }

  /// Random bytes seldom look like a packet; real ones with a few bytes changed do.
  @Test("changed packets break nothing", arguments: 1...60) func changedPackets(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var publisher = PublisherModel(seed: seed)
    var script: [UInt8] = []
    for frame in 1...30 {
      for packet in publisher.frame(at: UInt64(frame) * 33_000_000) {
        // The exercise's lengths have one byte.
        var packet = Array(packet.prefix(200))
        for _ in 0..<Int.random(in: 0...2, using: &random) {
          packet[Int.random(in: 0..<packet.count, using: &random)] = UInt8.random(
            in: 0...255, using: &random)
        }
        exerciseMediaPackets(packet)
        script += [2, UInt8(packet.count)] + packet
      }
      var report = publisher.report(of: 0, at: UInt64(frame) * 33_000_000)
      report[Int.random(in: 0..<report.count, using: &random)] ^= 1
      script += [UInt8.random(in: 0...1, using: &random), UInt8(report.count)] + report
    }
    exerciseMediaRoom(script)
  }

  @Test("changed descriptions break nothing", arguments: 1...60)
  func changedDescriptions(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let names = [
      "chromium-156-simulcast", "firefox-shape", "safari-shape", "chromium-156-subscribe",
    ]
    var bytes = [UInt8](try description(random.pick(names)).utf8)
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0...2, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.removeSubrange(place..<min(bytes.count, place + 20))
      default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
      }
    }
    exerciseMediaDescriptions(bytes)
  }
}
