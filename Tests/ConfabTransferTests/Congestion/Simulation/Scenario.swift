import ConfabTransfer
import Primitives

/// One line and who uses it, in the words that people use of lines.
struct Scenario: Sendable {
  var megabits = 200.0
  var roundTrip: Duration = .milliseconds(50)
  var loss = 0.0
  var burstPackets = 1.0
  /// In bandwidth-delay products.
  var queue = 1.0
  var policer: Bottleneck.Policer?
  var seed: UInt64 = 1

  var bytesPerSecond: Double { megabits * 1e6 / 8 }
  var pipeBytes: Double { bytesPerSecond * Double(roundTrip.nanoseconds) / 1e9 }

  var bottleneck: Bottleneck {
    var bottleneck = Bottleneck(
      bytesPerSecond: bytesPerSecond, queueBytesMax: max(15_000, queue * pipeBytes), seed: seed)
    bottleneck.loss = loss
    bottleneck.burstPackets = burstPackets
    bottleneck.policer = policer
    return bottleneck
  }

  func ours(
    _ algorithm: CongestionAlgorithm = .bbr, startRate: Int? = nil, rateLimit: Int? = nil,
    lossTolerance: Bool = true, at start: Duration = .zero
  ) -> CongestionControl {
    CongestionControl(
      algorithm, datagramBytes: SimulatedFlow.datagramBytes, rateLimit: rateLimit,
      startRate: startRate, lossTolerance: lossTolerance,
      at: MonotonicTime(nanoseconds: UInt64(start.nanoseconds) + seed))
  }

  /// One flow with so much content, alone.
  func transfer(
    _ controller: any SimulatedController, mebibytes: Int
  ) -> (megabits: Double, network: SimulatedNetwork) {
    let content = mebibytes << 20
    let flow = SimulatedFlow(controller, roundTrip: roundTrip, contentMax: content, seed: seed)
    let network = SimulatedNetwork(bottleneck, flows: [flow])
    network.run(until: .seconds(120))
    let seconds = Double(flow.completedAt ?? 120_000_000_000) / 1e9
    return (Double(content) * 8 / seconds / 1e6, network)
  }

  /// Two flows without end: their rates in Mbit/s after a warm-up.
  func share(
    _ first: any SimulatedController, _ second: any SimulatedController,
    secondRoundTrip: Duration? = nil, secondStart: Duration = .zero,
    warmUp: Duration = .seconds(20), measured: Duration = .seconds(60)
  ) -> (rates: [Double], jain: Double, delayMilliseconds: Double) {
    let flows = [
      SimulatedFlow(first, roundTrip: roundTrip, seed: seed),
      SimulatedFlow(
        second, roundTrip: secondRoundTrip ?? roundTrip, startAt: secondStart, seed: seed + 1),
    ]
    let network = SimulatedNetwork(bottleneck, flows: flows)
    network.run(until: warmUp)
    let rates = network.measure(for: measured).map { $0 / 1e6 }
    return (
      rates, SimulatedNetwork.jain(rates), network.bottleneck.delayMeanMilliseconds
    )
  }
}
