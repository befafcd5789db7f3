/// Which content is still to be sent, is on its way, or has arrived.
struct PresenterContent: Sendable {
  private let options: PresenterOptions
  let contentBytes: UInt64
  /// Not given to the connection yet.
  private var unsent: ContentRanges
  /// Asked for once more; goes first, because the recipient's leaves wait for it.
  private var asked = ContentRanges()
  /// With the connection and not acknowledged.
  private var outstanding = ContentRanges()
  /// Acknowledged, or on the recipient's disk from before, or a hole.
  private(set) var delivered = ContentRanges()
  /// Long enough, and few enough, to be told instead of sent.
  private(set) var holes = ContentRanges()
  private(set) var bytesResumed: UInt64 = 0
  /// Nothing is sent before it is known what the recipient has, or assumed that it has nothing.
  var isOpen = false

  init(contentBytes: UInt64, holes: [Range<UInt64>], options: PresenterOptions) {
    self.contentBytes = contentBytes
    self.options = options
    unsent = ContentRanges(0..<contentBytes)
    let minimum = min(FileLimits.holeBytesMin, options.leafBytes)
    for hole in holes where self.holes.ranges.count < FileLimits.holesMax {
      let hole = hole.clamped(to: 0..<contentBytes)
      if UInt64(hole.count) >= minimum { self.holes.insert(hole) }
    }
    unsent.subtract(self.holes)
    delivered.formUnion(self.holes)
  }

  /// Everything before it has arrived.
  var frontier: UInt64 { delivered.prefixEnd }

  mutating func nextSlice() -> Range<UInt64>? {
    guard isOpen, outstanding.count < options.outstandingBytesMax else { return nil }
    guard let slice = asked.takeFirst(options.sliceBytes) ?? unsent.takeFirst(options.sliceBytes)
    else { return nil }
    outstanding.insert(slice)
    return slice
  }

  mutating func acknowledged(_ range: Range<UInt64>) {
    // What was asked for again in the meantime is still missing there.
    for part in outstanding.intersection(range) {
      outstanding.remove(part)
      delivered.insert(part)
    }
  }

  mutating func recipientHas(_ range: Range<UInt64>) throws(FileFailure) {
    unsent.remove(range)
    bytesResumed += UInt64(range.count)
    delivered.insert(range)
    try checkFragments()
  }

  mutating func recipientAsks(for range: Range<UInt64>) throws(FileFailure) {
    unsent.remove(range)
    delivered.remove(range)
    outstanding.remove(range)
    asked.insert(range)
    try checkFragments()
  }

  private func checkFragments() throws(FileFailure) {
    guard asked.ranges.count + delivered.ranges.count <= FileLimits.fragmentsMax else {
      throw FileFailure(.excess, "The other side has, or asks for, too many pieces.")
    }
  }
}
