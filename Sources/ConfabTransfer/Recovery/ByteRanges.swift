/// A set of offsets in a stream, as ranges in order, none touching another.
///
/// An array, because most changes happen at one of its ends; its storage is kept, so that in the long
/// run nothing is allocated.
package struct ByteRanges: Sendable {
  package private(set) var ranges: [Range<UInt64>] = []

  package init(reserving capacity: Int = 0) {
    ranges.reserveCapacity(capacity)
  }

  package var isEmpty: Bool { ranges.isEmpty }
  package var count: Int { ranges.count }
  package var first: Range<UInt64>? { ranges.first }

  /// How many offsets are in the set.
  package var total: UInt64 { ranges.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) } }

  /// The index of the first range that ends at `offset` or behind it.
  private func index(endingFrom offset: UInt64) -> Int {
    // Streams grow at their end.
    guard let last = ranges.last, last.upperBound >= offset else { return ranges.count }
    var low = 0
    var high = ranges.count - 1
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  package func contains(_ offset: UInt64) -> Bool {
    let index = index(endingFrom: offset &+ 1)
    return index < ranges.count && ranges[index].contains(offset)
  }

  package mutating func insert(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    let start = index(endingFrom: range.lowerBound)
    guard start < ranges.count, ranges[start].lowerBound <= range.upperBound else {
      ranges.insert(range, at: start)
      return
    }
    var end = start + 1
    while end < ranges.count, ranges[end].lowerBound <= range.upperBound { end += 1 }
    let lower = min(ranges[start].lowerBound, range.lowerBound)
    let upper = max(ranges[end - 1].upperBound, range.upperBound)
    ranges[start] = lower..<upper
    if end > start + 1 { ranges.removeSubrange(start + 1..<end) }
  }

  package mutating func remove(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    var index = index(endingFrom: range.lowerBound &+ 1)
    while index < ranges.count, ranges[index].lowerBound < range.upperBound {
      let old = ranges[index]
      let before = old.lowerBound..<max(old.lowerBound, min(old.upperBound, range.lowerBound))
      let after = min(old.upperBound, max(old.lowerBound, range.upperBound))..<old.upperBound
      switch (before.isEmpty, after.isEmpty) {
      case (true, true): ranges.remove(at: index)
      case (false, true):
        ranges[index] = before
        index += 1
      case (true, false):
        ranges[index] = after
        index += 1
      case (false, false):
        ranges[index] = before
        ranges.insert(after, at: index + 1)
        index += 2
      }
    }
  }

  package mutating func removeAll() {
    ranges.removeAll(keepingCapacity: true)
  }

  /// The first part of `range` that is not in the set.
  package func firstGap(in range: Range<UInt64>) -> Range<UInt64>? {
    var lower = range.lowerBound
    var index = index(endingFrom: lower &+ 1)
    if index < ranges.count, ranges[index].lowerBound <= lower {
      lower = ranges[index].upperBound
      index += 1
    }
    guard lower < range.upperBound else { return nil }
    let upper =
      index < ranges.count ? min(range.upperBound, ranges[index].lowerBound) : range.upperBound
    return lower..<upper
  }
}
