import ConfabTransfer
import Testing

/// Whole transfers under faults by seed: the files are identical, or nobody said so.
@Suite struct FileSimulationTests {
  @Test(arguments: 0..<40)
  func identicalOrNotClaimed(_ group: UInt64) throws {
    for seed in group * 10..<group * 10 + 10 {
      do {
        let world = try FileWorld(seed: seed)
        let ending = try world.run()
        let isExpected: Bool =
          switch ending {
          case .identical: true
          case .failed(.sourceChanged): world.faults.editedSource
          // A source that is edited in secret, or a disk that flips bits, is found and named.
          case .failed(.leafMismatch): world.faults.flippedBits || world.faults.editedSource
          default: false
          }
        if !isExpected { Issue.record("seed \(seed) ended as \(ending)") }
      } catch {
        Issue.record("seed \(seed): \(error)")
      }
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
