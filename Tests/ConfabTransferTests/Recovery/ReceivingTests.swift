import ConfabTransfer
import Primitives
import Testing

@Suite("Received packets")
struct ReceivingTests {
  @Test("the replay window is right about every number that it can tell", arguments: 0..<20)
  func replay(_ seed: UInt64) {
    var chance = SeededRandom(seed: seed)
    var window = ReplayWindow()
    var seen: Set<UInt64> = []
    var highest: UInt64 = 0
    for _ in 0..<3_000 {
      let jump: UInt64 = chance.chance(0.01) ? 200_000 : 40
      let low =
        highest > 70_000 && chance.chance(0.1) ? highest - 70_000 : highest &- min(highest, 50)
      let number = UInt64.random(in: low...(highest + jump), using: &chance)
      let isNew = window.isNew(number)
      if highest >= ReplayWindow.size, number < highest - ReplayWindow.size {
        #expect(!isNew, "too old to tell")
      } else if number + ReplayWindow.size - 64 > highest {
        #expect(isNew == !seen.contains(number), "\(number), highest \(highest)")
      } else if isNew {
        #expect(!seen.contains(number))
      }
      if isNew {
        window.insert(number)
        seen.insert(number)
        highest = max(highest, number)
      }
      let isNewStill = window.isNew(number)
      #expect(!isNewStill)
    }
  }

  @Test("ranges are those of a set, the newest 256", arguments: 0..<20)
  func ranges(_ seed: UInt64) {
    var chance = SeededRandom(seed: seed)
    var packets = ReceivedPackets()
    var model: Set<UInt64> = []
    for step in 0..<1_500 {
      // Enough of them that there are never too many gaps.
      for _ in 0..<3 {
        let top = UInt64(step) + 40
        let number = UInt64.random(in: (top > 90 ? top - 90 : 0)...top, using: &chance)
        packets.insert(number)
        model.insert(number)
      }
      guard step % 50 == 0 else { continue }
      #expect(described(packets.ranges) == described(model))
    }
  }

  @Test("with more ranges than there is room for, the oldest go")
  func overflow() {
    var packets = ReceivedPackets()
    for number in stride(from: UInt64(0), to: 2_000, by: 2) { packets.insert(number) }
    #expect(packets.rangeCount == PacketLimits.acknowledgedRangesMax)
    #expect(packets.largest == 1_998)
    #expect(packets.ranges.first?.first == 2_000 - 2 * 256)
    // One that is older than all of them changes nothing.
    packets.insert(3)
    #expect(packets.ranges.first?.first == 2_000 - 2 * 256)
    packets.forget(through: 1_990)
    #expect(packets.ranges.first?.first == 1_992)
    packets.forget(through: 5_000)
    #expect(packets.rangeCount == 1)
  }

  private func described(_ ranges: UnsafeBufferPointer<PacketNumberRange>) -> [String] {
    ranges.map { "\($0.first)-\($0.last)" }
  }

  private func described(_ model: Set<UInt64>) -> [String] {
    var ranges: [(UInt64, UInt64)] = []
    for number in model.sorted() {
      if let last = ranges.last, last.1 + 1 == number {
        ranges[ranges.count - 1].1 = number
      } else {
        ranges.append((number, number))
      }
    }
    return ranges.suffix(PacketLimits.acknowledgedRangesMax).map { "\($0.0)-\($0.1)" }
  }

  @Test("acknowledgements: at once when asked, every second packet at first, all in time")
  func policy() {
    var policy = AcknowledgementPolicy()
    let roundTrip: UInt64 = 80_000_000
    policy.received(isUrgent: false, roundTrip: roundTrip, at: 1_000_000_000)
    policy.endBatch(at: 1_000_000_000)
    #expect(!policy.isDue)
    #expect(policy.deadline == 1_010_000_000)
    policy.timeout(at: 1_009_999_999)
    #expect(!policy.isDue)
    policy.timeout(at: 1_010_000_000)
    #expect(policy.isDue)
    policy.sent()
    #expect(!policy.isDue && policy.deadline == nil)
    policy.received(isUrgent: true, roundTrip: roundTrip, at: 1_020_000_000)
    #expect(!policy.isDue, "not before the batch is over")
    policy.endBatch(at: 1_020_000_000)
    #expect(policy.isDue)
    policy.sent()
    // With a long round trip the delay is capped.
    policy.received(isUrgent: false, roundTrip: 600_000_000, at: 2_000_000_000)
    #expect(policy.deadline == 2_025_000_000)
  }
}
