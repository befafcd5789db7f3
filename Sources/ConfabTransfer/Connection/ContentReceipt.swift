/// Which bytes of the content stream have come, so that each is written once, and how many more may.
struct ContentReceipt: Sendable {
  /// 48 MiB of window in packets of 1,200 bytes, every other one lost, leave 21,000 holes.
  static let rangesMax = 1 << 16

  private(set) var ranges = ByteRanges(reserving: 256)
  /// Bytes that came and were new when they did.
  private(set) var received: UInt64 = 0
  private(set) var credit: UInt64
  /// The presenter has not been told of `credit` yet.
  var owesCredit = false
  private let contentBytes: UInt64

  init(credit: UInt64, contentBytes: UInt64) {
    self.credit = credit
    self.contentBytes = contentBytes
  }

  mutating func raiseCredit(to bytes: UInt64) {
    guard bytes > credit else { return }
    credit = min(bytes, PacketLimits.integerMax)
    owesCredit = true
  }

  /// The first new part of a range, which from now on is not new any more.
  mutating func takeNew(
    _ range: Range<UInt64>
  ) throws(TransportViolation) -> Range<UInt64>? {
    guard range.upperBound <= contentBytes else { throw .contentOutOfBounds }
    guard let gap = ranges.firstGap(in: range) else { return nil }
    received += gap.upperBound - gap.lowerBound
    guard received <= credit else { throw .contentCreditExceeded }
    ranges.insert(gap)
    guard ranges.count <= Self.rangesMax else { throw .tooManyHoles }
    return gap
  }

  /// These bytes are asked for once more: what comes of them is new again.
  mutating func forget(_ range: Range<UInt64>) { ranges.remove(range) }
}
