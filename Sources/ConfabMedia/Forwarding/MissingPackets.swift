/// The packets of one stream that its publisher is to send again.
struct MissingPackets {
  /// More are not worth asking for: a key frame is.
  static let countMax = 200
  static let askedMax = 6
  /// Time for packets that only overtook each other.
  static let toleranceNanoseconds: UInt64 = 10_000_000
  /// Between the first and the second request; twice as long between the next, and so on.
  static let retryNanoseconds: UInt64 = 50_000_000

  private struct Missing {
    var sequence: UInt64
    var asked: UInt8
    var dueAt: UInt64
  }

  /// In the order of their numbers.
  private var missing: [Missing] = []
  /// Something is lost for good since this was last read.
  private(set) var isBroken = false

  init() { missing.reserveCapacity(Self.countMax) }

  var isEmpty: Bool { missing.isEmpty }
  var nextDeadline: UInt64? { missing.isEmpty ? nil : missing.map(\.dueAt).min() }

  mutating func gap(_ numbers: Range<UInt64>, at now: UInt64) {
    guard missing.count + numbers.count <= Self.countMax else {
      missing.removeAll(keepingCapacity: true)
      isBroken = true
      return
    }
    for number in numbers {
      missing.append(
        Missing(sequence: number, asked: 0, dueAt: now + Self.toleranceNanoseconds))
    }
  }

  mutating func arrived(_ sequence: UInt64) {
    guard let index = missing.firstIndex(where: { $0.sequence == sequence }) else { return }
    missing.remove(at: index)
  }

  /// A picture that needs nothing from before has begun: what is missing of the past does not matter.
  mutating func forget(before sequence: UInt64) {
    missing.removeAll { $0.sequence < sequence }
  }

  mutating func takeBroken() -> Bool {
    defer { isBroken = false }
    return isBroken
  }

  /// Writes what is to be asked for now.
  ///
  /// - Returns: how many.
  mutating func due(at now: UInt64, into numbers: UnsafeMutableBufferPointer<UInt16>) -> Int {
    var count = 0
    var kept = 0
    for index in missing.indices {
      var entry = missing[index]
      if entry.dueAt <= now, count < numbers.count {
        guard entry.asked < Self.askedMax else {
          isBroken = true
          continue
        }
        numbers[count] = UInt16(truncatingIfNeeded: entry.sequence)
        count += 1
        entry.dueAt = now + Self.retryNanoseconds << UInt64(entry.asked)
        entry.asked += 1
      }
      missing[kept] = entry
      kept += 1
    }
    missing.removeSubrange(kept...)
    return count
  }
}
