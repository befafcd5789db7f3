import ConfabTransfer
import Primitives
import Testing

@Suite struct BBRTests {
  /// The modes that a lone flow goes through, without repetitions.
  private func modes(_ scenario: Scenario, for duration: Duration) -> [BBR.Mode] {
    let flow = SimulatedFlow(scenario.ours(), roundTrip: scenario.roundTrip)
    let network = SimulatedNetwork(scenario.bottleneck, flows: [flow])
    var modes: [BBR.Mode] = []
    network.run(until: duration, each: .milliseconds(5)) { _ in
      guard let control = flow.controller as? CongestionControl else { return }
      if modes.last != control.bbr.mode { modes.append(control.bbr.mode) }
    }
    return modes
  }

  @Test func aLoneFlowGoesThroughItsModesInOrder() {
    let modes = modes(Scenario(megabits: 10, roundTrip: .milliseconds(40)), for: .seconds(9))
    #expect(modes.first == .startup)
    let after = modes.drop { $0 == .startup }
    #expect(after.first == .drain || after.first == .probeDown || after.first == .probeCruise)
    for (one, next) in zip(modes, modes.dropFirst()) {
      switch one {
      case .startup: #expect(next == .drain || next == .probeDown || next == .probeCruise)
      case .drain: #expect(next == .probeDown || next == .probeCruise)
      case .probeDown: #expect(next == .probeCruise || next == .probeRefill)
      case .probeCruise: #expect(next == .probeRefill)
      case .probeRefill: #expect(next == .probeUp)
      case .probeUp: #expect(next == .probeDown || next == .probeCruise)
      case .probeRTT: Issue.record("an empty queue needs no PROBE_RTT")
      }
    }
    #expect(modes.filter { $0 == .probeUp }.count >= 2)
  }

  @Test func aStandingQueueLeadsToProbeRTT() {
    let scenario = Scenario(megabits: 10, roundTrip: .milliseconds(40), queue: 4)
    let ours = SimulatedFlow(scenario.ours(), roundTrip: scenario.roundTrip)
    let other = SimulatedFlow(TCPCubic(), roundTrip: scenario.roundTrip, seed: 3)
    let network = SimulatedNetwork(scenario.bottleneck, flows: [ours, other])
    var hasProbed = false
    network.run(until: .seconds(15), each: .milliseconds(20)) { _ in
      let control = ours.controller as? CongestionControl
      if control?.bbr.mode == .probeRTT { hasProbed = true }
    }
    #expect(hasProbed)
  }

  @Test func itKnowsThePathAfterwards() throws {
    let scenario = Scenario(megabits: 20, roundTrip: .milliseconds(40), loss: 0.02)
    let flow = SimulatedFlow(scenario.ours(), roundTrip: scenario.roundTrip)
    let network = SimulatedNetwork(scenario.bottleneck, flows: [flow])
    network.run(until: .seconds(6))
    let bbr = try #require(flow.controller as? CongestionControl).bbr
    let line = scenario.bytesPerSecond * 1472 / 1500
    #expect(bbr.isPipeFull)
    #expect(bbr.maxRate > 0.93 * line && bbr.maxRate < 1.03 * line)
    let roundTrip = try #require(bbr.minRTT)
    #expect(roundTrip >= .milliseconds(40) && roundTrip < .milliseconds(43))
    #expect(bbr.pathLoss.share > 0.005 && bbr.pathLoss.share < 0.04)
  }

  @Test func anotherPathStartsAnew() {
    let scenario = Scenario(megabits: 20, roundTrip: .milliseconds(40))
    let flow = SimulatedFlow(scenario.ours(), roundTrip: scenario.roundTrip)
    let network = SimulatedNetwork(scenario.bottleneck, flows: [flow])
    network.run(until: .seconds(2))
    guard var control = flow.controller as? CongestionControl else { return }
    #expect(control.windowBytes > 100_000)
    control.pathChanged(at: MonotonicTime(nanoseconds: 2_000_000_000))
    #expect(control.windowBytes == 32 * 1472)
    #expect(control.bbr.mode == .startup)
  }
}
