import ConfabTransfer
import Primitives
import Testing

/// What flows make of lines, in virtual time: seeds decide everything, so these bands are not timed.
@Suite struct LineTests {
  /// A quarter of the goals' lines and files, so that the ratios are theirs: 16 MiB.
  struct Row: Sendable {
    var scenario: Scenario
    var megabits: Double

    init(_ scenario: Scenario, atLeast megabits: Double) {
      self.scenario = scenario
      self.megabits = megabits
    }
  }

  @Test(arguments: [
    Row(Scenario(megabits: 50), atLeast: 42),
    Row(Scenario(megabits: 50, loss: 0.01), atLeast: 41),
    Row(Scenario(megabits: 50, loss: 0.05), atLeast: 37),
    Row(Scenario(megabits: 50, roundTrip: .milliseconds(150), loss: 0.01), atLeast: 32),
    Row(Scenario(megabits: 50, roundTrip: .milliseconds(20), loss: 0.005), atLeast: 44),
    Row(Scenario(megabits: 50, loss: 0.01, burstPackets: 5), atLeast: 38),
    Row(Scenario(megabits: 50, loss: 0.01, queue: 0.5), atLeast: 41),
  ])
  func aFileArrivesAtTheSpeedOfItsLine(_ row: Row) {
    let scenario = row.scenario
    let (reached, network) = scenario.transfer(scenario.ours(), mebibytes: 16)
    #expect(reached >= row.megabits)
    // No more queue than a pipe's content, ever.
    let queued = Double(network.bottleneck.delayMaxNanoseconds)
    #expect(queued <= 1.1 * Double(scenario.roundTrip.nanoseconds))
  }

  @Test func aLocalLineIsFilled() {
    let scenario = Scenario(megabits: 1000, roundTrip: .microseconds(200), queue: 20)
    #expect(scenario.transfer(scenario.ours(), mebibytes: 32).megabits > 850)
  }

  @Test func withoutToleranceChanceIsTakenForCongestion() {
    let scenario = Scenario(megabits: 50, loss: 0.05)
    let plain = scenario.transfer(scenario.ours(lossTolerance: false), mebibytes: 2).megabits
    #expect(plain < 20)
  }

  @Test func aRememberedRateSavesTheStart() {
    let scenario = Scenario(megabits: 200, roundTrip: .milliseconds(100))
    let fresh = scenario.transfer(scenario.ours(), mebibytes: 8).megabits
    let remembered = scenario.transfer(scenario.ours(startRate: 25_000_000), mebibytes: 8).megabits
    #expect(remembered > fresh * 1.1)
  }

  @Test func aRememberedRateThatIsNoMoreDoesLittleHarm() {
    // The line has a fifth of what it had, and half of a pipe as queue.
    let scenario = Scenario(megabits: 10, queue: 0.5)
    let (reached, network) = scenario.transfer(
      scenario.ours(startRate: 6_250_000), mebibytes: 4)
    #expect(reached > 7)
    let dropped = Double(network.bottleneck.dropped) / Double(network.bottleneck.offered)
    #expect(dropped < 0.1)
  }

  @Test func aPolicerIsFoundAndObeyed() {
    var scenario = Scenario(megabits: 100, roundTrip: .milliseconds(40))
    scenario.policer = Bottleneck.Policer(bytesPerSecond: 1_250_000, burstBytes: 60_000)
    let flow = SimulatedFlow(scenario.ours(), roundTrip: scenario.roundTrip)
    let network = SimulatedNetwork(scenario.bottleneck, flows: [flow])
    network.run(until: .seconds(5))
    let rates = network.measure(for: .seconds(10))
    #expect(rates[0] > 7.5e6)
    let dropped = Double(network.bottleneck.dropped) / Double(network.bottleneck.offered)
    #expect(dropped < 0.1)
  }

  @Test(arguments: [0.5, 1, 4])
  func twoOfOursShareEqually(_ queue: Double) {
    let scenario = Scenario(megabits: 20, queue: queue)
    let second = scenario.ours(at: .milliseconds(1))
    let result = scenario.share(
      scenario.ours(), second, secondStart: .seconds(3), measured: .seconds(40))
    #expect(result.jain >= 0.95)
    #expect(result.rates.reduce(0, +) > 17)
    #expect(result.delayMilliseconds <= 55)
  }

  /// Each could take the others for somebody who ignores loss, and join them (`StandingLoss`).
  @Test(arguments: [0.5, 1])
  func fourOfOursDoNotTeachEachOtherToIgnoreLoss(_ queue: Double) {
    let scenario = Scenario(megabits: 50, roundTrip: .milliseconds(40), queue: queue)
    let flows = (0..<4).map { index in
      SimulatedFlow(
        scenario.ours(at: .milliseconds(13 * index)), roundTrip: scenario.roundTrip,
        startAt: .milliseconds(500 * index), seed: UInt64(index + 1))
    }
    let network = SimulatedNetwork(scenario.bottleneck, flows: flows)
    network.run(until: .seconds(15))
    #expect(SimulatedNetwork.jain(network.measure(for: .seconds(15))) >= 0.9)
    let dropped = Double(network.bottleneck.dropped) / Double(network.bottleneck.offered)
    #expect(dropped < 0.04)
  }

  @Test(arguments: [0.5, 1, 4])
  func besideCUBICBothLive(_ queue: Double) {
    let scenario = Scenario(megabits: 20, queue: queue)
    #expect(scenario.share(scenario.ours(), TCPCubic()).jain >= 0.8)
  }

  @Test(arguments: [1.0, 4])
  func besideTheFirstBBRBothLive(_ queue: Double) {
    let scenario = Scenario(megabits: 20, queue: queue)
    #expect(scenario.share(scenario.ours(), FirstBBR()).jain >= 0.85)
  }
}
