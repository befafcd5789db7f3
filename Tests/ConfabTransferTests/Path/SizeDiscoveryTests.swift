import ConfabTransfer
import Testing

@Suite("The size that a path carries")
struct SizeDiscoveryTests {
  /// One that has found the usual size, with packets 0 and 1.
  private static func settled() throws -> SizeDiscovery {
    var sizes = SizeDiscovery(limit: 1_472)
    var number: UInt64 = 0
    while sizes.nextProbe(at: 0) != nil {
      sizes.probeSent(number)
      let isLarger = sizes.probeAcknowledged(number)
      #expect(isLarger)
      number += 1
    }
    try #require(sizes.current == 1_472)
    return sizes
  }

  @Test("losses with large packets arriving between them are no black hole")
  func chance() throws {
    var sizes = try Self.settled()
    for round in 1...50 as ClosedRange<UInt64> {
      let first = round * 100
      sizes.acknowledged(bytes: 1_471, number: first + 90)
      let isOne = sizes.lost(smallest: 1_472, first: first + 5, next: first + 200, at: round)
      #expect(!isOne)
    }
    #expect(sizes.current == 1_472)
  }

  @Test("however many acknowledgements tell of the losses of one round trip, they are one spell")
  func oneRound() throws {
    var sizes = try Self.settled()
    for lost in 100..<200 as Range<UInt64> {
      let isOne = sizes.lost(smallest: 1_472, first: lost, next: 200, at: lost)
      #expect(!isOne)
    }
    sizes.acknowledged(bytes: 1_472, number: 150)
    for round in 2...4 as ClosedRange<UInt64> {
      let first = round * 100
      let isOne = sizes.lost(smallest: 1_472, first: first, next: first + 100, at: round)
      #expect(!isOne)
    }
  }

  @Test("round trips in which no large packet arrives are one, whatever small ones do")
  func blackHole() throws {
    var sizes = try Self.settled()
    for round in 1...4 as ClosedRange<UInt64> {
      let first = round * 100
      sizes.acknowledged(bytes: 1_200, number: first + 90)
      let isOne = sizes.lost(smallest: 1_472, first: first, next: first + 100, at: round)
      #expect(isOne == (round == 4))
    }
    #expect(sizes.current == 1_200)
  }
}
