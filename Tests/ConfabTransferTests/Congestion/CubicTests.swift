import ConfabTransfer
import Primitives
import Testing

private func at(_ milliseconds: Int) -> MonotonicTime {
  MonotonicTime(nanoseconds: UInt64(milliseconds) * 1_000_000)
}

/// A CUBIC sender by hand: sends datagrams, acknowledges and loses them.
private struct Sender {
  var control = CongestionControl(
    .cubic, datagramBytes: 1000, rateLimit: nil, startRate: nil, at: at(0))
  var inFlight = 0

  mutating func send(_ count: Int, _ time: Int) -> [SendSnapshot] {
    (0..<count).map { _ in
      defer { inFlight += 1000 }
      return control.packetSent(bytes: 1000, bytesInFlight: inFlight, at: at(time))
    }
  }

  mutating func acknowledge(
    _ received: [SendSnapshot], lost: [SendSnapshot] = [], roundTrip: Int = 20, _ time: Int
  ) {
    control.beginAcknowledgement(at: at(time))
    for snapshot in received { control.packetAcknowledged(snapshot, bytes: 1000) }
    for snapshot in lost { control.packetLost(snapshot, bytes: 1000) }
    inFlight -= (received.count + lost.count) * 1000
    control.endAcknowledgement(
      bytesInFlight: inFlight, latestRTT: .milliseconds(roundTrip),
      smoothedRTT: .milliseconds(roundTrip), minRTT: .milliseconds(20),
      largestLostSentAt: lost.last?.sentAt, at: at(time))
  }
}

@Suite struct CubicTests {
  @Test func slowStartDoubles() {
    var sender = Sender()
    #expect(sender.control.windowBytes == 10_000)
    let flight = sender.send(10, 0)
    sender.acknowledge(flight, 20)
    #expect(sender.control.windowBytes == 20_000)
  }

  @Test func lossReducesOnceForAFlight() {
    var sender = Sender()
    let flight = sender.send(10, 0)
    sender.acknowledge([flight[3]], lost: [flight[0]], 20)
    let reduced = sender.control.windowBytes
    #expect(reduced < 10_000)
    sender.acknowledge([flight[4]], lost: [flight[1]], 21)
    #expect(sender.control.windowBytes >= reduced)
  }

  @Test func aLossThatWasNoneIsUndone() {
    var sender = Sender()
    let flight = sender.send(10, 0)
    sender.acknowledge([flight[3]], lost: [flight[0]], 20)
    #expect(sender.control.windowBytes < 10_000)
    sender.control.spuriousLoss(flight[0], bytes: 1000)
    #expect(sender.control.windowBytes >= 10_000)
  }

  @Test func persistentCongestionLeavesTwoDatagrams() {
    var sender = Sender()
    sender.control.persistentCongestion(at: at(0))
    #expect(sender.control.windowBytes == 2000)
  }

  @Test func itFillsALineWithoutLoss() {
    let scenario = Scenario(megabits: 50, roundTrip: .milliseconds(20))
    #expect(scenario.transfer(scenario.ours(.cubic), mebibytes: 8).megabits > 40)
  }

  @Test func aRisingRoundTripEndsSlowStart() {
    var start = HyStart()
    func round(_ milliseconds: Int) {
      start.roundBegan()
      for _ in 0..<8 { start.sample(.milliseconds(milliseconds)) }
    }
    round(40)
    round(44)
    #expect(start.phase == .slowStart)
    round(50)
    #expect(start.phase == .conservative)
    round(43)
    #expect(start.phase == .slowStart)
    round(60)
    for _ in 0..<5 { round(60) }
    #expect(start.phase == .done)
  }
}
