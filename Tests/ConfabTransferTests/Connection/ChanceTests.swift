import ConfabTransfer
import Primitives
import Testing

/// Each seed makes a network of its own, with some kinds of trouble switched on and others off.
@Suite("A transfer under chance")
struct ChanceTests {
  static let seeds = 0..<500 as Range<UInt64>

  static func options(_ seed: UInt64) -> TransferPair.Options {
    var chance = SeededRandom(seed: seed &* 1_000_003)
    var options = TransferPair.Options(seed: seed &+ 1)
    options.contentBytes = Int.random(in: 1...200_000, using: &chance)
    options.controlBytes = Int.random(in: 0...20_000, using: &chance)
    options.congestion = chance.chance(0.5) ? .bbr : .cubic
    options.forth = link(&chance)
    if chance.chance(0.5) { options.back = link(&chance) }
    if chance.chance(0.4) { options.relay = link(&chance) }
    if chance.chance(0.2) { options.packetsPerKeyMax = 40 }
    if chance.chance(0.3) {
      options.initialCredit = UInt64.random(in: 1_000...50_000, using: &chance)
      options.creditWindow = UInt64.random(in: 5_000...100_000, using: &chance)
    }
    return options
  }

  private static func link(_ chance: inout SeededRandom) -> LinkConditions {
    var link = LinkConditions()
    link.delay = .milliseconds(Int64.random(in: 1...150, using: &chance))
    if chance.chance(0.4) { link.jitter = .milliseconds(Int64.random(in: 1...20, using: &chance)) }
    if chance.chance(0.5) { link.loss = Double.random(in: 0...0.15, using: &chance) }
    if chance.chance(0.2) { link.burstBegins = Double.random(in: 0...0.03, using: &chance) }
    if chance.chance(0.3) { link.reorder = Double.random(in: 0...0.3, using: &chance) }
    if chance.chance(0.3) { link.duplicate = Double.random(in: 0...0.2, using: &chance) }
    if chance.chance(0.2) { link.corrupt = Double.random(in: 0...0.05, using: &chance) }
    if chance.chance(0.5) {
      link.rate = Double.random(in: 50_000...2_000_000, using: &chance)
      link.queueBytes = Int.random(in: 8_000...200_000, using: &chance)
    }
    if chance.chance(0.3) { link.datagramBytesMax = Int.random(in: 1_200...1_472, using: &chance) }
    if chance.chance(0.15) {
      let start = UInt64.random(in: 1_000_000_000...3_000_000_000, using: &chance)
      link.blackouts = [start..<start + UInt64.random(in: 1...8_000_000_000, using: &chance)]
    }
    if chance.chance(0.1) {
      link.policer = (
        rate: Double.random(in: 100_000...1_000_000, using: &chance),
        burst: Double.random(in: 6_000...50_000, using: &chance)
      )
    }
    if chance.chance(0.1) {
      link.shrinks = (at: UInt64.random(in: 1_000_000_000...2_000_000_000, using: &chance), 1_200)
    }
    return link
  }

  @Test("the content is identical in the end", arguments: seeds)
  func identical(_ seed: UInt64) {
    let pair = TransferPair(Self.options(seed))
    pair.runToCompletion(for: .seconds(200))
    #expect(pair.failure == nil)
    #expect(pair.isIdentical)
  }

  @Test("the same seed makes the same transfer", arguments: [3, 17, 101] as [UInt64])
  func repeatable(_ seed: UInt64) {
    let (first, second) = (TransferPair(Self.options(seed)), TransferPair(Self.options(seed)))
    first.runToCompletion(for: .seconds(200))
    second.runToCompletion(for: .seconds(200))
    #expect(first.presenterCounts == second.presenterCounts)
    #expect(first.elapsed == second.elapsed)
  }
}
