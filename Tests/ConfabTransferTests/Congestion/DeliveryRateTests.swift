import ConfabTransfer
import Primitives
import Testing

private func at(_ milliseconds: Int) -> MonotonicTime {
  MonotonicTime(nanoseconds: UInt64(milliseconds) * 1_000_000)
}

@Suite struct DeliveryRateTests {
  @Test func aSnapshotFitsIntoItsRecord() {
    #expect(MemoryLayout<SendSnapshot>.stride <= 48)
  }

  /// A packet of 1,000 bytes each millisecond, acknowledged 20 ms later.
  private func steady(_ count: Int) -> (DeliveryRateEstimator, [SendSnapshot]) {
    var estimator = DeliveryRateEstimator(at: at(0))
    var snapshots: [SendSnapshot] = []
    for time in 0..<count {
      if time >= 20 {
        estimator.beginAcknowledgement()
        estimator.packetAcknowledged(snapshots[time - 20], bytes: 1000, at: at(time))
        _ = estimator.endAcknowledgement(minRTT: .milliseconds(20), at: at(time))
      }
      let inFlight = min(time, 20) * 1000
      snapshots.append(estimator.packetSent(bytes: 1000, bytesInFlight: inFlight, at: at(time)))
    }
    return (estimator, snapshots)
  }

  @Test func aSteadyPathShowsItsRate() throws {
    var (estimator, snapshots) = steady(100)
    estimator.beginAcknowledgement()
    estimator.packetAcknowledged(snapshots[80], bytes: 1000, at: at(100))
    let sample = estimator.endAcknowledgement(minRTT: .milliseconds(20), at: at(100))
    let rate = try #require(sample.rate)
    #expect(abs(rate - 1_000_000) < 60_000)
    #expect(!sample.isApplicationLimited)
  }

  @Test func acknowledgementsThatArriveTogetherDoNotRaiseIt() throws {
    var (estimator, snapshots) = steady(100)
    estimator.beginAcknowledgement()
    for number in 80..<100 {
      estimator.packetAcknowledged(snapshots[number], bytes: 1000, at: at(100))
    }
    let sample = estimator.endAcknowledgement(minRTT: .milliseconds(20), at: at(100))
    // 19 packets sent within 19 ms of the one before them: no more than they were sent at.
    #expect(try #require(sample.rate) < 2_100_000)
    #expect(sample.newlyAcknowledged == 20_000)
  }

  @Test func shorterThanARoundTripIsNoSample() {
    var estimator = DeliveryRateEstimator(at: at(0))
    let snapshot = estimator.packetSent(bytes: 1000, bytesInFlight: 0, at: at(0))
    estimator.beginAcknowledgement()
    estimator.packetAcknowledged(snapshot, bytes: 1000, at: at(19))
    #expect(estimator.endAcknowledgement(minRTT: .milliseconds(20), at: at(19)).rate == nil)
  }

  @Test func havingNothingToSendMarksTheSamplesUntilTheFlightIsOver() {
    var estimator = DeliveryRateEstimator(at: at(0))
    let first = estimator.packetSent(bytes: 1000, bytesInFlight: 0, at: at(0))
    estimator.applicationLimited(bytesInFlight: 1000)
    let second = estimator.packetSent(bytes: 1000, bytesInFlight: 1000, at: at(1))
    #expect(!first.isApplicationLimited && second.isApplicationLimited)
    for (snapshot, time) in [(first, 20), (second, 21)] {
      estimator.beginAcknowledgement()
      estimator.packetAcknowledged(snapshot, bytes: 1000, at: at(time))
      _ = estimator.endAcknowledgement(minRTT: .milliseconds(20), at: at(time))
    }
    #expect(!estimator.isApplicationLimited)
  }

  @Test func timeSpentIdleDoesNotCount() throws {
    var estimator = DeliveryRateEstimator(at: at(0))
    let snapshot = estimator.packetSent(bytes: 1000, bytesInFlight: 0, at: at(5000))
    estimator.beginAcknowledgement()
    estimator.packetAcknowledged(snapshot, bytes: 1000, at: at(5020))
    let sample = estimator.endAcknowledgement(minRTT: .milliseconds(20), at: at(5020))
    #expect(try #require(sample.rate) == 50_000)
  }
}
