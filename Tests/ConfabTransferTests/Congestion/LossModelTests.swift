import ConfabTransfer
import Primitives
import Testing

@Suite struct PathLossTests {
  @Test func aSteadyShareIsLearned() {
    var loss = PathLoss()
    for _ in 0..<8 { loss.addLevel(sent: 200, lost: 10) }
    #expect(abs(loss.share - 0.05) < 0.001)
    #expect(loss.bound(of: 1000) > 0.05 && loss.bound(of: 1000) < 0.07)
  }

  @Test func burstsInFewerThanHalfOfTheWindowsSayNothing() {
    var loss = PathLoss()
    for round in 0..<24 { loss.addLevel(sent: 200, lost: round % 3 == 0 ? 60 : 0) }
    #expect(loss.share == 0)
    #expect(loss.bound(of: 1000) == 0)
  }

  @Test func whatStopsWhenWeSendLessIsNotChance() {
    var loss = PathLoss()
    for _ in 0..<8 { loss.addLevel(sent: 200, lost: 20) }
    #expect(loss.share > 0.09)
    for _ in 0..<4 { loss.addBelow(sent: 256, lost: 0) }
    #expect(loss.share < 0.03)
  }

  @Test func noMoreThanFifteenPercentIsChance() {
    var loss = PathLoss()
    for _ in 0..<8 { loss.addLevel(sent: 200, lost: 100) }
    #expect(loss.share == 0.15)
  }
}

@Suite struct StandingLossTests {
  /// Rounds of 100 ms, 100 packets each.
  private func rounds(_ count: Int, from second: Double, lost: Double, _ loss: inout StandingLoss) {
    for round in 1...count {
      loss.add(sent: 100, lost: lost, at: time(second + Double(round) / 10))
    }
  }

  private func time(_ second: Double) -> MonotonicTime {
    MonotonicTime(nanoseconds: UInt64(second * 1e9))
  }

  @Test func withoutATestNothingIsGranted() {
    var loss = StandingLoss()
    rounds(40, from: 0, lost: 6, &loss)
    #expect(loss.grantedShare == 0 && loss.bound(of: 1000) == 0)
  }

  @Test func whatStandsThroughATestIsGrantedAfterIt() {
    var loss = StandingLoss()
    loss.beginTest(at: time(5))
    rounds(19, from: 5, lost: 6, &loss)
    #expect(loss.grantedShare == 0)
    rounds(20, from: 7, lost: 6, &loss)
    #expect(abs(loss.share - 0.06) < 0.001)
    #expect(abs(loss.grantedShare - 0.09) < 0.001)
    #expect(loss.bound(of: 1000) > loss.grantedShare)
  }

  @Test func whatOursMakeThemselvesEndsWithTheNextTest() {
    var loss = StandingLoss()
    loss.beginTest(at: time(5))
    rounds(30, from: 5, lost: 6, &loss)
    #expect(loss.grantedShare > 0)
    loss.beginTest(at: time(10))
    #expect(loss.grantedShare == 0)
    rounds(30, from: 10, lost: 1, &loss)
    #expect(loss.grantedShare == 0)
  }

  @Test func neverMoreThanFifteenPercentIsGranted() {
    var loss = StandingLoss()
    loss.beginTest(at: time(5))
    rounds(40, from: 5, lost: 14, &loss)
    #expect(loss.grantedShare == 0.15 && loss.bound(of: 100) == 0.15)
  }
}

@Suite struct PolicerDetectorTests {
  /// Rounds of 100 ms at 1 MB/s of delivery, with that share lost.
  private func run(_ share: Double, rates: [Double], rounds: Int) -> PolicerDetector {
    var detector = PolicerDetector()
    var delivered = 0.0
    var lost = 0.0
    for round in 0..<rounds {
      let bytes = rates[round % rates.count] / 10
      delivered += bytes
      lost += bytes * share / (1 - share)
      detector.update(
        delivered: UInt64(delivered), lost: UInt64(lost), isRoundStart: true,
        hasNewLoss: share > 0, isApplicationLimited: false,
        nanoseconds: UInt64(round + 1) * 100_000_000)
    }
    return detector
  }

  @Test func heavyLossAtASteadyRateIsAPolicer() throws {
    let detector = run(0.3, rates: [1_000_000], rounds: 16)
    #expect(abs(try #require(detector.rate) - 1_000_000) < 50_000)
  }

  @Test func lightLossIsNone() {
    #expect(run(0.15, rates: [1_000_000], rounds: 40).rate == nil)
  }

  @Test func aRateThatChangesIsNone() {
    let changing = (0..<40).map { $0 / 4 % 2 == 0 ? 1_000_000.0 : 3_000_000 }
    #expect(run(0.3, rates: changing, rounds: 12).rate == nil)
  }

  @Test func itIsForgottenAfterFortyEightRounds() {
    #expect(run(0.3, rates: [1_000_000], rounds: 9 + 47).rate != nil)
    var detector = run(0.3, rates: [1_000_000], rounds: 12)
    for round in 0..<48 {
      detector.update(
        delivered: 2_000_000, lost: 0, isRoundStart: true, hasNewLoss: false,
        isApplicationLimited: false, nanoseconds: UInt64(20 + round) * 100_000_000)
    }
    #expect(detector.rate == nil)
  }
}
