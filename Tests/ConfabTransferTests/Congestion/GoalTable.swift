import ConfabTransfer
import Foundation
import Primitives
import Testing

/// Prints what the simulation makes of the goals; for people, asserts nothing. Run it with
/// `CONFAB_TABLE=1 swift test -c release --filter GoalTable`.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["CONFAB_TABLE"] != nil))
struct GoalTable {
  private static let rows: [(name: String, scenario: Scenario, goal: Double)] = [
    ("200 Mbit/s  50 ms 0 %", Scenario(), 165),
    ("200 Mbit/s  50 ms 0.1 %", Scenario(loss: 0.001), 165),
    ("200 Mbit/s  50 ms 1 %", Scenario(loss: 0.01), 160),
    ("200 Mbit/s  50 ms 5 %", Scenario(loss: 0.05), 145),
    ("200 Mbit/s 150 ms 1 %", Scenario(roundTrip: .milliseconds(150), loss: 0.01), 120),
    (
      "100 Mbit/s  20 ms 0.5 %",
      Scenario(megabits: 100, roundTrip: .milliseconds(20), loss: 0.005), 88
    ),
    ("500 Mbit/s  20 ms 0 %", Scenario(megabits: 500, roundTrip: .milliseconds(20)), 400),
  ]

  private static let shared = [(20.0, 50), (100.0, 20), (50.0, 100)]

  private func line(_ name: String, _ values: [String]) {
    let padded = name.padding(toLength: 34, withPad: " ", startingAt: 0)
    print(padded + values.joined(separator: "  "))
  }

  private func text(_ value: Double, _ digits: Int = 1) -> String {
    let text = String(format: "%.\(digits)f", value)
    return String(repeating: " ", count: max(0, 7 - text.count)) + text
  }

  @Test func transfers() {
    for queue in [0.1, 0.5, 1, 4] {
      print(
        "queue \(queue) BDP: goal, 64 MiB tolerant, plain v3, remembered, CUBIC; 512 MiB; ceiling")
      for row in Self.rows {
        var line: [String] = [text(row.goal)]
        var scenario = row.scenario
        scenario.queue = queue
        func mean(_ body: (Scenario) -> Double) -> Double {
          var sum = 0.0
          for seed in 1...3 {
            scenario.seed = UInt64(seed)
            sum += body(scenario)
          }
          return sum / 3
        }
        let start = Int(scenario.bytesPerSecond * 0.95)
        line.append(text(mean { $0.transfer($0.ours(), mebibytes: 64).megabits }))
        line.append(
          text(mean { $0.transfer($0.ours(lossTolerance: false), mebibytes: 64).megabits }))
        line.append(text(mean { $0.transfer($0.ours(startRate: start), mebibytes: 64).megabits }))
        line.append(text(mean { $0.transfer($0.ours(.cubic), mebibytes: 64).megabits }))
        line.append(text(mean { $0.transfer($0.ours(), mebibytes: 512).megabits }))
        line.append(text(scenario.megabits * 0.961 * (1 - scenario.loss)))
        self.line(row.name, line)
      }
    }
  }

  @Test func fairness() {
    for (megabits, milliseconds) in Self.shared {
      print(
        "\(megabits) Mbit/s \(milliseconds) ms: Jain, rates, mean queue in ms; tolerant | plain")
      for queue in [0.5, 1.0, 4.0] {
        let scenario = Scenario(
          megabits: megabits, roundTrip: .milliseconds(milliseconds), queue: queue)
        for (name, other, second) in [
          ("two of ours", nil, Duration.zero), ("two of ours, second +5 s", nil, .seconds(5)),
          ("beside TCP CUBIC", TCPCubic() as (any SimulatedController)?, .zero),
          ("CUBIC first, ours +5 s", TCPCubic(), .seconds(-5)),
          ("beside first BBR", FirstBBR(), .zero),
        ] {
          var values: [String] = []
          for tolerance in [true, false] {
            let one = scenario.ours(lossTolerance: tolerance)
            let result: (rates: [Double], jain: Double, delayMilliseconds: Double)
            if second < .zero, let other {
              let swapped = scenario.share(
                other, scenario.ours(lossTolerance: tolerance, at: .seconds(5)),
                secondStart: .seconds(5))
              result = (swapped.rates.reversed(), swapped.jain, swapped.delayMilliseconds)
            } else {
              let two = other ?? scenario.ours(lossTolerance: tolerance, at: .milliseconds(1))
              result = scenario.share(one, two, secondStart: second)
            }
            values.append(
              "\(text(result.jain, 3)) \(text(result.rates[0])) \(text(result.rates[1])) "
                + "\(text(result.delayMilliseconds)) |")
          }
          line("\(queue) BDP, \(name)", values)
        }
      }
    }
  }
}
