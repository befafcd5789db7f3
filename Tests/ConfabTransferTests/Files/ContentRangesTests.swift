import ConfabTransfer
import Primitives
import Testing

@Suite struct ContentRangesTests {
  /// Against the plainest set there is.
  @Test(arguments: 0..<30)
  func behavesLikeASet(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var ranges = ContentRanges()
    var set: Set<UInt64> = []
    for _ in 0..<150 {
      let start = UInt64.random(in: 0..<60, using: &random)
      let range = start..<start + UInt64.random(in: 0...12, using: &random)
      if random.chance(0.6) {
        ranges.insert(range)
        set.formUnion(range)
      } else {
        ranges.remove(range)
        set.subtract(range)
      }
      #expect(ranges.count == UInt64(set.count))
      #expect(ranges.ranges.flatMap { Array($0) } == set.sorted())
      for (left, right) in zip(ranges.ranges, ranges.ranges.dropFirst()) {
        #expect(left.upperBound < right.lowerBound, "ranges that touch are one")
      }
      ask(ranges, set, using: &random)
    }
  }

  private func ask(_ ranges: ContentRanges, _ set: Set<UInt64>, using random: inout SeededRandom) {
    let start = UInt64.random(in: 0..<70, using: &random)
    let asked = start..<start + UInt64.random(in: 0...20, using: &random)
    #expect(ranges.contains(asked) == asked.allSatisfy(set.contains))
    #expect(ranges.overlaps(asked) == asked.contains(where: set.contains))
    let gap = asked.drop(while: set.contains).prefix { !set.contains($0) }
    #expect(ranges.firstGap(in: asked).map { Array($0) } ?? [] == Array(gap))
    #expect(
      ranges.intersection(asked).flatMap { Array($0) } == asked.filter(set.contains))
    let prefix = UInt64((0...).first { !set.contains(UInt64($0)) } ?? 0)
    #expect(ranges.prefixEnd == prefix)
  }

  @Test func takesFromTheFront() {
    var ranges = ContentRanges(10..<20)
    ranges.insert(30..<32)
    #expect(ranges.takeFirst(6) == 10..<16)
    #expect(ranges.takeFirst(6) == 16..<20)
    #expect(ranges.takeFirst(6) == 30..<32)
    #expect(ranges.takeFirst(6) == nil)
    #expect(ranges.isEmpty && ranges.count == 0)
  }
}
