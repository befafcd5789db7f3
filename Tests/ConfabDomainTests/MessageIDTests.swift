import ConfabDomain
import Primitives
import Testing

@Suite struct MessageIDTests {
  @Test func isAUUIDv7() {
    var random = SeededRandom(seed: 7)
    for milliseconds: Int64 in [0, 1, 1_645_557_742_000, 0xFFFF_FFFF_FFFF] {
      let id = MessageID(at: WallTime(millisecondsSinceEpoch: milliseconds), using: &random)
      #expect(id.bytes[0..<6].reduce(0) { $0 << 8 | Int64($1) } == milliseconds)
      #expect(id.bytes[6] >> 4 == 7)
      #expect(id.bytes[8] >> 6 == 0b10)
    }
  }

  /// What the index profits from.
  @Test func laterIdsLieBehindEarlierOnes() {
    var random = SeededRandom(seed: 8)
    let ids = (0..<100).map {
      MessageID(at: WallTime(millisecondsSinceEpoch: 1_700_000_000_000 + $0), using: &random)
    }
    for (earlier, later) in zip(ids, ids.dropFirst()) {
      #expect(earlier.bytes.lexicographicallyPrecedes(later.bytes))
    }
    #expect(Set(ids).count == ids.count)
  }
}
