import Primitives

/// Flows that share one bottleneck, run in virtual time.
final class SimulatedNetwork {
  var bottleneck: Bottleneck
  let flows: [SimulatedFlow]
  private(set) var now: UInt64 = 0

  init(_ bottleneck: Bottleneck, flows: [SimulatedFlow]) {
    self.bottleneck = bottleneck
    self.flows = flows
  }

  /// Runs until that time, or until nothing happens any more.
  func run(until end: Duration, each interval: Duration? = nil, _ look: (UInt64) -> Void = { _ in })
  {
    let end = UInt64(end.nanoseconds)
    var lookAt = interval.map { now + UInt64($0.nanoseconds) } ?? UInt64.max
    while true {
      var soonest = UInt64.max
      var chosen = 0
      for index in flows.indices {
        let time = flows[index].nextEventAt
        if time < soonest { (soonest, chosen) = (time, index) }
      }
      guard soonest < end else { break }
      while lookAt <= soonest {
        look(lookAt)
        lookAt += UInt64(interval?.nanoseconds ?? 0)
      }
      now = max(now, soonest)
      flows[chosen].step(at: now, through: &bottleneck)
    }
    if flows.contains(where: { $0.completedAt == nil }) { now = end }
  }

  /// Goodput of each flow in bits per second from now on for that long.
  func measure(for duration: Duration) -> [Double] {
    let before = flows.map(\.deliveredContent)
    let start = now
    bottleneck.resetStatistics()
    run(until: .nanoseconds(Int64(start)) + duration)
    let seconds = Double(duration.nanoseconds) / 1e9
    return zip(flows, before).map { Double($0.deliveredContent - $1) * 8 / seconds }
  }

  /// Jain's index of fairness (Jain, Chiu, Hawe, 1984): 1 is equal, 1/n is one takes all.
  static func jain(_ rates: [Double]) -> Double {
    let sum = rates.reduce(0, +)
    let squares = rates.reduce(0) { $0 + $1 * $1 }
    return squares > 0 ? sum * sum / (Double(rates.count) * squares) : 0
  }
}
