import Foundation
import Primitives
import Testing

/// Whole places under seeded faults. A failure prints the line that plays it again.
@Suite("Simulation")
struct SimulationTests {
  /// Steps with faults in each of the many universes of a test run.
  static let steps = 1_000

  @Test("nothing acknowledged is lost, and everybody hears the same", arguments: seeds)
  func universe(_ seed: UInt64) throws {
    try Self.run(seed, steps: Self.chosenSteps ?? Self.steps)
  }

  @Test("seeds that failed once do not fail again", arguments: failedSeeds)
  func failedOnce(_ seed: UInt64) throws {
    try Self.run(seed, steps: Self.chosenSteps ?? 3 * Self.steps)
  }

  @Test("a seed is one history", arguments: [chosenSeed ?? 1])
  func repeatable(_ seed: UInt64) throws {
    let digests = try (1...2).map { _ in
      let universe = try Universe(seed: seed)
      try universe.run(steps: Self.chosenSteps ?? Self.steps)
      return universe.trace.digest
    }
    #expect(digests[0] == digests[1])
    // For comparing two processes.
    print("simulation digest of seed \(seed): \(String(digests[0], radix: 16))")
  }

  static func run(_ seed: UInt64, steps: Int) throws {
    do {
      try Universe(seed: seed).run(steps: steps)
    } catch {
      let last = replay(seed, steps: steps)
      Issue.record(
        """
        seed \(seed): \(error)
        \(last)
        play it again: make sim SEED=\(seed) STEPS=\(steps)
        """)
    }
  }

  /// The same once more, with the last lines of what happened.
  private static func replay(_ seed: UInt64, steps: Int) -> String {
    guard let universe = try? Universe(seed: seed, isTraced: true) else { return "" }
    try? universe.run(steps: steps)
    return universe.trace.lines.joined(separator: "\n")
  }
}

// Which universes.
extension SimulationTests {
  private static let environment = ProcessInfo.processInfo.environment

  /// `make sim SEED=7` plays one alone.
  static let chosenSeed = environment["CONFAB_SIM_SEED"].flatMap { UInt64($0) }

  /// Also as `1e6`.
  static let chosenSteps = environment["CONFAB_SIM_STEPS"].flatMap { Double($0) }.map { Int($0) }

  static let seeds: [UInt64] = chosenSeed.map { [$0] } ?? Array(1...200)

  static let failedSeeds: [UInt64] = {
    guard chosenSeed == nil else { return [] }
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Seeds.txt")
    let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      line.split(separator: " ").first.flatMap { UInt64($0) }
    }
  }()
}
