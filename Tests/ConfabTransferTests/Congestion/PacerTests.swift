import ConfabTransfer
import Primitives
import Testing

@Suite struct PacerTests {
  private let start = MonotonicTime(nanoseconds: 0)

  @Test func aTrainIsAMillisecondWithinItsBounds() {
    #expect(Pacer.quantumBytes(rate: 100_000, datagramBytes: 1472) == 2944)
    #expect(Pacer.quantumBytes(rate: 25_000_000, datagramBytes: 1472) == 25_000)
    #expect(Pacer.quantumBytes(rate: 1_000_000_000, datagramBytes: 1472) == 65_536)
    // Where a datagram is as large as a train, two of them still are one.
    #expect(Pacer.quantumBytes(rate: 1_000_000_000, datagramBytes: 65_507) == 131_014)
  }

  @Test func theBucketFillsAtItsRate() {
    var pacer = Pacer(datagramBytes: 1000, at: start)
    pacer.take(2000)
    let due = pacer.time(of: 3000, rate: 1_000_000, quantum: 3000, at: start)
    #expect(due.nanoseconds == 3_000_001)
    var early = pacer
    early.fill(rate: 1_000_000, quantum: 3000, at: MonotonicTime(nanoseconds: 2_999_000))
    #expect(!early.allows(3000))
    pacer.fill(rate: 1_000_000, quantum: 3000, at: due)
    #expect(pacer.allows(3000))
  }

  @Test func aLateThreadMakesUpForFourMillisecondsOnly() {
    var pacer = Pacer(datagramBytes: 1000, at: start)
    pacer.fill(rate: 1_000_000, quantum: 2000, at: MonotonicTime(nanoseconds: 1_000_000_000))
    #expect(pacer.allows(6000) && !pacer.allows(6001))
  }

  @Test func aFixedRateHolds() {
    let scenario = Scenario(megabits: 50, roundTrip: .milliseconds(20))
    // A quarter of the line, in bytes of datagrams.
    let limited = scenario.ours(rateLimit: 1_562_500)
    let (megabits, _) = scenario.transfer(limited, mebibytes: 4)
    #expect(megabits > 11 && megabits < 12.5)
  }

  @Test func aClosedWindowHasNoTime() {
    var control = Scenario().ours()
    let now = MonotonicTime(nanoseconds: 1_000_000_000)
    #expect(control.allowance(bytesInFlight: control.windowBytes, at: now) == 0)
    #expect(control.nextAllowance(at: now) == nil)
    #expect(control.allowance(bytesInFlight: 0, at: now) > 0)
  }
}
