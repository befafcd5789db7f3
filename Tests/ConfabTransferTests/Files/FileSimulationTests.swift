import ConfabTransfer
import Foundation
import Testing

/// Whole transfers under faults by seed: the files are identical, or nobody said so.
@Suite struct FileSimulationTests {
  static let worldsPerGroup: UInt64 = 10

  /// `CONFAB_SIM_SEED=7` plays one alone.
  static let chosenSeed =
    ProcessInfo.processInfo.environment["CONFAB_SIM_SEED"].flatMap { UInt64($0) }

  static let groups: [Range<UInt64>] =
    if let chosenSeed { [chosenSeed..<chosenSeed + 1] } else {
      (0..<50).map { $0 * worldsPerGroup..<($0 + 1) * worldsPerGroup }
    }

  @Test(arguments: groups)
  func identicalOrNotClaimed(_ seeds: Range<UInt64>) {
    for seed in seeds {
      do {
        let world = try FileWorld(seed: seed)
        let ending = try world.run()
        guard !isExpected(ending, in: world) else { continue }
        Issue.record("seed \(seed) ended as \(ending)")
      } catch {
        Issue.record("seed \(seed): \(error)")
      }
    }
  }

  private func isExpected(_ ending: FileWorld.Ending, in world: FileWorld) -> Bool {
    switch ending {
    case .identical: true
    case .failed(.sourceChanged): world.faults.editedSource
    // A source that is edited while it is read, or a disk that flips bits, is found and named.
    case .failed(.leafMismatch): world.faults.flippedBits || world.faults.editedSource
    default: false
    }
  }

  /// Without faults every transfer succeeds at once.
  @Test(arguments: 1_000..<1_020)
  func calmWorldsSucceedAtOnce(_ seed: UInt64) throws {
    let world = try FileWorld(seed: seed)
    world.isCalm = true
    #expect(try world.run() == .identical)
    #expect(world.attempts == 0)
  }
}
