/// What a receiver's report tells the sender of one stream (RFC 3550 §6.4.1, appendix A).
struct ReceptionStatistics {
  private let clockRate: UInt32
  private var received: UInt64 = 0
  private var first: UInt64?
  private var highest: UInt64 = 0
  private var expectedBefore: UInt64 = 0
  private var receivedBefore: UInt64 = 0
  /// In sixteenths of a tick (appendix A.8).
  private var jitterSixteenths: UInt64 = 0
  private var transit: UInt32?

  // The last sender report.
  private(set) var senderReport: SenderReport?
  private(set) var senderReportArrival: UInt64 = 0

  init(clockRate: UInt32) {
    self.clockRate = clockRate
  }

  var hasBegun: Bool { first != nil }

  mutating func packet(_ sequence: UInt64, timestamp: UInt32, at arrival: UInt64) {
    received += 1
    if first == nil { first = sequence }
    guard sequence > highest else { return }
    highest = sequence
    let ticks = UInt32(
      truncatingIfNeeded: (arrival / 1_000) &* UInt64(clockRate) / 1_000_000)
    let now = ticks &- timestamp
    if let transit {
      let difference = UInt64(abs(Int64(Int32(bitPattern: now &- transit))))
      jitterSixteenths += difference
      jitterSixteenths -= (jitterSixteenths + 8) / 16
    }
    transit = now
  }

  mutating func report(_ report: SenderReport, at arrival: UInt64) {
    senderReport = report
    senderReportArrival = arrival
  }

  /// Closes the interval since the report before.
  mutating func block(ssrc: UInt32, at now: UInt64) -> ReportBlock {
    let expected = highest - (first ?? highest) + 1
    let expectedNow = expected - min(expected, expectedBefore)
    let receivedNow = received - receivedBefore
    expectedBefore = expected
    receivedBefore = received
    let lost = expectedNow > receivedNow ? expectedNow - receivedNow : 0
    let total = Int64(expected) - Int64(received)
    var block = ReportBlock(
      ssrc: ssrc, fractionLost: expectedNow == 0 ? 0 : UInt8(min(255, lost * 256 / expectedNow)),
      cumulativeLost: Int32(max(-0x80_0000, min(0x7F_FFFF, total))),
      highestSequence: UInt32(truncatingIfNeeded: highest - 1 << 16),
      jitter: UInt32(truncatingIfNeeded: jitterSixteenths / 16), lastSenderReport: 0,
      delaySinceLast: 0)
    if let senderReport {
      block.lastSenderReport = NTPTime.middle(senderReport.ntpTime)
      let delay = (now - min(now, senderReportArrival)) / 1_000 * 65_536 / 1_000_000
      block.delaySinceLast = UInt32(truncatingIfNeeded: delay)
    }
    return block
  }

  /// The stream's own time when its sender's clock shows `ntpNanoseconds`; nil before the first report.
  func timestamp(atNTPNanoseconds time: UInt64) -> UInt32? {
    guard let senderReport else { return nil }
    let reported = NTPTime.nanoseconds(senderReport.ntpTime)
    // Whole seconds apart from the rest: a sender may claim any time.
    let passed = Int64(bitPattern: time &- reported)
    let (seconds, rest) = passed.quotientAndRemainder(dividingBy: 1_000_000_000)
    let ticks = seconds * Int64(clockRate) + rest * Int64(clockRate) / 1_000_000_000
    return senderReport.rtpTime &+ UInt32(truncatingIfNeeded: ticks)
  }

  /// What to add to this stream's timestamps to get another's of the same sender at the same moment;
  /// nil until both have been reported.
  func timestampOffset(to other: ReceptionStatistics) -> UInt32? {
    guard let senderReport,
      let theirs = other.timestamp(atNTPNanoseconds: NTPTime.nanoseconds(senderReport.ntpTime))
    else { return nil }
    return theirs &- senderReport.rtpTime
  }
}
