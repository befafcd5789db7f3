/// Which content has arrived, is written, or has to be asked for again.
///
/// Every byte is given out for writing once. Only when it is known not to be in the file is it given
/// out again, so that what was verified is never written over.
struct RecipientContent: Sendable {
  let layout: LeafLayout
  /// Given out for writing, or on the disk from before.
  private var taken = ContentRanges()
  private(set) var written = ContentRanges()
  /// Known to be zeros, so that leaves of zeros need not be read back.
  private var zeroed = ContentRanges()
  /// Came when it could not be written, and has to come again.
  private(set) var missed = ContentRanges()
  private(set) var bytesResumed: UInt64 = 0

  init(layout: LeafLayout) { self.layout = layout }

  mutating func resume(_ leaves: ContentRanges) {
    for range in leaves.ranges {
      taken.insert(layout.range(of: range))
      written.insert(layout.range(of: range))
    }
    bytesResumed = written.count
  }

  /// The first part of the range that is to be written.
  mutating func take(in range: Range<UInt64>) -> Range<UInt64>? {
    guard let part = taken.firstGap(in: range) else { return nil }
    taken.insert(part)
    missed.remove(part)
    return part
  }

  /// There is no place for it now.
  mutating func miss(_ range: Range<UInt64>) {
    var rest = range
    while let part = taken.firstGap(in: rest) {
      missed.insert(part)
      rest = part.upperBound..<rest.upperBound
    }
  }

  /// Only what was given out can have been written.
  mutating func finish(_ range: Range<UInt64>, isZero: Bool = false) {
    precondition(taken.contains(range), "written without being asked to")
    written.insert(range)
    if isZero { zeroed.insert(range) }
  }

  /// What is, or was, in this range no longer counts and has to come again.
  mutating func drop(_ range: Range<UInt64>) {
    taken.remove(range)
    written.remove(range)
    zeroed.remove(range)
    missed.insert(range)
  }

  /// The next ranges to ask for.
  mutating func nextMissed() -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    while ranges.count < FileLimits.rangesPerMessageMax, let range = missed.takeFirst(.max >> 1) {
      ranges.append(range)
    }
    return ranges
  }

  func isWritten(_ leaf: UInt64) -> Bool { written.contains(layout.range(of: leaf)) }

  func isZero(_ leaf: UInt64) -> Bool {
    leaf < layout.contentBytes / layout.leafBytes && zeroed.contains(layout.range(of: leaf))
  }

  var isFragmented: Bool {
    taken.ranges.count + missed.ranges.count > FileLimits.fragmentsMax
  }
}

/// Content that came before the manifest did: there is no telling yet where it belongs.
struct EarlyContent: Sendable {
  private(set) var ranges = ContentRanges()

  mutating func add(_ range: Range<UInt64>) { ranges.insert(range) }

  var isFragmented: Bool { ranges.ranges.count > FileLimits.fragmentsMax }
}
