/// Which parts of a long row (bytes of the content, or leaves) are in a set, as the fewest ranges.
///
/// Sorted and neither overlapping nor touching, so that a question is a binary search and the usual
/// growth at one end moves nothing.
package struct ContentRanges: Hashable, Sendable {
  package private(set) var ranges: [Range<UInt64>] = []
  /// How many elements are in the set.
  package private(set) var count: UInt64 = 0

  package init() {}

  package init(_ range: Range<UInt64>) {
    insert(range)
  }

  package var isEmpty: Bool { ranges.isEmpty }

  /// The first element that is not in the set.
  package var prefixEnd: UInt64 {
    guard let first = ranges.first, first.lowerBound == 0 else { return 0 }
    return first.upperBound
  }

  package func contains(_ range: Range<UInt64>) -> Bool {
    guard !range.isEmpty else { return true }
    let index = firstIndex(endingAfter: range.lowerBound)
    return index < ranges.count && ranges[index].lowerBound <= range.lowerBound
      && range.upperBound <= ranges[index].upperBound
  }

  package func contains(_ element: UInt64) -> Bool { contains(element..<element + 1) }

  package func overlaps(_ range: Range<UInt64>) -> Bool {
    let index = firstIndex(endingAfter: range.lowerBound)
    return !range.isEmpty && index < ranges.count && ranges[index].lowerBound < range.upperBound
  }

  /// The first part of `range` that is not in the set; nil when all of it is.
  package func firstGap(in range: Range<UInt64>) -> Range<UInt64>? {
    guard !range.isEmpty else { return nil }
    var index = firstIndex(endingAfter: range.lowerBound)
    var start = range.lowerBound
    if index < ranges.count, ranges[index].lowerBound <= start {
      start = ranges[index].upperBound
      index += 1
    }
    guard start < range.upperBound else { return nil }
    let end = index < ranges.count ? ranges[index].lowerBound : range.upperBound
    return start..<min(end, range.upperBound)
  }

  /// The parts of `range` that are in the set.
  package func intersection(_ range: Range<UInt64>) -> [Range<UInt64>] {
    var parts: [Range<UInt64>] = []
    var index = firstIndex(endingAfter: range.lowerBound)
    while index < ranges.count, ranges[index].lowerBound < range.upperBound {
      let part = ranges[index].clamped(to: range)
      if !part.isEmpty { parts.append(part) }
      index += 1
    }
    return parts
  }

  package mutating func insert(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    // Touching ranges become one, hence "at or after".
    let first = firstIndex(endingAtOrAfter: range.lowerBound)
    guard first < ranges.count, ranges[first].lowerBound <= range.upperBound else {
      ranges.insert(range, at: first)
      count += UInt64(range.count)
      return
    }
    let lower = min(range.lowerBound, ranges[first].lowerBound)
    var upper = range.upperBound
    var last = first
    while last < ranges.count, ranges[last].lowerBound <= range.upperBound {
      count -= UInt64(ranges[last].count)
      upper = max(upper, ranges[last].upperBound)
      last += 1
    }
    count += upper - lower
    ranges[first] = lower..<upper
    if last > first + 1 { ranges.removeSubrange(first + 1..<last) }
  }

  package mutating func remove(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    let first = firstIndex(endingAfter: range.lowerBound)
    var kept: [Range<UInt64>] = []
    var last = first
    while last < ranges.count, ranges[last].lowerBound < range.upperBound {
      let old = ranges[last]
      count -= UInt64(old.count)
      if old.lowerBound < range.lowerBound { kept.append(old.lowerBound..<range.lowerBound) }
      if range.upperBound < old.upperBound { kept.append(range.upperBound..<old.upperBound) }
      last += 1
    }
    guard last > first else { return }
    for range in kept { count += UInt64(range.count) }
    ranges.replaceSubrange(first..<last, with: kept)
  }

  package mutating func formUnion(_ other: ContentRanges) {
    for range in other.ranges { insert(range) }
  }

  package mutating func subtract(_ other: ContentRanges) {
    for range in other.ranges { remove(range) }
  }

  /// Takes the first elements out of the set: one range, at most `countMax` long.
  package mutating func takeFirst(_ countMax: UInt64) -> Range<UInt64>? {
    guard let first = ranges.first else { return nil }
    let taken = first.lowerBound..<min(first.upperBound, first.lowerBound + countMax)
    remove(taken)
    return taken
  }

  private func firstIndex(endingAfter element: UInt64) -> Int {
    firstIndex { $0.upperBound > element }
  }

  private func firstIndex(endingAtOrAfter element: UInt64) -> Int {
    firstIndex { $0.upperBound >= element }
  }

  /// The ranges' ends are sorted, so what is true of one is true of all behind it.
  private func firstIndex(where isReached: (Range<UInt64>) -> Bool) -> Int {
    // Content comes mostly in order: the answer is the last range or behind it.
    if let last = ranges.last {
      if !isReached(last) { return ranges.count }
      if ranges.count == 1 || !isReached(ranges[ranges.count - 2]) { return ranges.count - 1 }
    }
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if isReached(ranges[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Range where Bound == UInt64 {
  /// The leaves (of `size` elements each) that this range lies in.
  func blocks(of size: UInt64) -> Range<UInt64> {
    isEmpty ? 0..<0 : lowerBound / size..<(upperBound - 1) / size + 1
  }
}
