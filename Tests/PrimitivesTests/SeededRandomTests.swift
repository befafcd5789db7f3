import Primitives
import Testing

@Suite struct SeededRandomTests {
  /// The first outputs of SplitMix64 for the seed 1234567, as its authors' C program prints them.
  @Test func outputsAreThoseOfTheAlgorithm() {
    var random = SeededRandom(seed: 1_234_567)
    let outputs = (0..<5).map { _ in random.next() }
    #expect(
      outputs == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test func chanceKeepsToItsProbability() {
    var random = SeededRandom(seed: 9)
    #expect((0..<1000).allSatisfy { _ in random.chance(1) })
    #expect((0..<1000).allSatisfy { _ in !random.chance(0) })
    let hits = (0..<10_000).count { _ in random.chance(0.25) }
    #expect((2_300...2_700).contains(hits))
  }
}
