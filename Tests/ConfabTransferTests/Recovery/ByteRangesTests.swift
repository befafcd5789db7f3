import ConfabTransfer
import Primitives
import Testing

@Suite("Ranges of bytes")
struct ByteRangesTests {
  @Test("behave as a set of numbers does", arguments: 0..<40)
  func model(_ seed: UInt64) {
    var chance = SeededRandom(seed: seed)
    var ranges = ByteRanges()
    var model: Set<UInt64> = []
    for _ in 0..<150 {
      let lower = UInt64.random(in: 0..<60, using: &chance)
      let range = lower..<lower + UInt64.random(in: 0..<12, using: &chance)
      if chance.chance(0.6) {
        ranges.insert(range)
        model.formUnion(range)
      } else {
        ranges.remove(range)
        model.subtract(range)
      }
      #expect(Set(ranges.ranges.flatMap { Array($0) }) == model)
      #expect(ranges.total == UInt64(model.count))
      // In order, and neither empty nor touching.
      #expect(ranges.ranges.allSatisfy { !$0.isEmpty })
      for (a, b) in zip(ranges.ranges, ranges.ranges.dropFirst()) {
        #expect(a.upperBound < b.lowerBound)
      }
      let probe = UInt64.random(in: 0..<70, using: &chance)
      #expect(ranges.contains(probe) == model.contains(probe))
      let window = probe..<probe + UInt64.random(in: 0..<20, using: &chance)
      let gap = window.drop { model.contains($0) }.prefix { !model.contains($0) }
      #expect(ranges.firstGap(in: window).map(Array.init) ?? [] == Array(gap))
    }
  }
}
