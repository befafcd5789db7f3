/// Which packets arrived, as an acknowledgement tells it: the newest ranges, the oldest first.
package struct ReceivedPackets: ~Copyable {
  static let rangesMax = PacketLimits.acknowledgedRangesMax

  private let storage: UnsafeMutablePointer<PacketNumberRange>
  package private(set) var rangeCount = 0

  package init() {
    storage = .allocate(capacity: Self.rangesMax)
    storage.initialize(
      repeating: PacketNumberRange(first: 0, last: 0), count: Self.rangesMax)
  }

  deinit { storage.deallocate() }

  package var ranges: UnsafeBufferPointer<PacketNumberRange> {
    UnsafeBufferPointer(start: storage, count: rangeCount)
  }

  package var largest: UInt64? { rangeCount > 0 ? storage[rangeCount - 1].last : nil }

  /// True when the number is not the one that was to come next: something is missing, or came late.
  @discardableResult
  package mutating func insert(_ number: UInt64) -> Bool {
    // The usual case first: the next number.
    if rangeCount > 0, storage[rangeCount - 1].last &+ 1 == number {
      storage[rangeCount - 1].last = number
      return false
    }
    var index = rangeCount
    while index > 0, storage[index - 1].first > number { index -= 1 }
    // Now everything below `index` begins at or before the number.
    if index > 0, storage[index - 1].last >= number { return true }
    let joinsBelow = index > 0 && storage[index - 1].last + 1 == number
    let joinsAbove = index < rangeCount && storage[index].first == number + 1
    switch (joinsBelow, joinsAbove) {
    case (true, true):
      storage[index - 1].last = storage[index].last
      removeRange(at: index)
    case (true, false): storage[index - 1].last = number
    case (false, true): storage[index].first = number
    case (false, false): insertRange(PacketNumberRange(first: number, last: number), at: index)
    }
    return rangeCount > 1
  }

  /// The peer knows of everything up to `number`: it need not be told again (RFC 9000 §13.2.4).
  package mutating func forget(through number: UInt64) {
    var gone = 0
    while gone < rangeCount - 1, storage[gone].last <= number { gone += 1 }
    guard gone > 0 else { return }
    for index in gone..<rangeCount { storage[index - gone] = storage[index] }
    rangeCount -= gone
  }

  private mutating func removeRange(at index: Int) {
    for later in index + 1..<rangeCount { storage[later - 1] = storage[later] }
    rangeCount -= 1
  }

  private mutating func insertRange(_ range: PacketNumberRange, at index: Int) {
    var index = index
    if rangeCount == Self.rangesMax {
      // The oldest is forgotten; what is older still is not told at all.
      guard index > 0 else { return }
      removeRange(at: 0)
      index -= 1
    }
    var later = rangeCount
    while later > index {
      storage[later] = storage[later - 1]
      later -= 1
    }
    storage[index] = range
    rangeCount += 1
  }
}
