/// Which bytes of the content stream go next: lost ones first, then what is wanted again, then what was
/// queued, in that order and as far as the recipient gave credit.
struct ContentScheduler: Sendable {
  struct Chunk: Hashable, Sendable {
    var range: Range<UInt64>
    /// Not sent before, so it counts against the credit.
    var isNew: Bool
  }

  private(set) var lost = ByteRanges(reserving: 64)
  private var queued: [Range<UInt64>] = []
  private var queueHead = 0
  /// How many bytes may be sent in all, not counting what is sent again because it was lost.
  private(set) var credit: UInt64
  /// How many were.
  private(set) var spent: UInt64 = 0
  private var highestSent: UInt64 = 0

  init(credit: UInt64) { self.credit = credit }

  var isWaitingForCredit: Bool {
    lost.isEmpty && queueHead < queued.count && spent >= credit
  }
  var hasSendable: Bool { !lost.isEmpty || (queueHead < queued.count && spent < credit) }
  var isEmpty: Bool { lost.isEmpty && queueHead == queued.count }

  /// What was sent before and is wanted again goes before what lies behind it: a reader who takes the
  /// content in order waits for it.
  ///
  /// - Returns: whether bytes among them were sent before.
  mutating func queue(_ range: Range<UInt64>) -> Bool {
    guard !range.isEmpty else { return false }
    if range.lowerBound < highestSent {
      let behind = queued[queueHead...].firstIndex { $0.lowerBound > range.lowerBound }
      queued.insert(range, at: behind ?? queued.count)
      return true
    }
    if queueHead < queued.count, let last = queued.last, last.upperBound == range.lowerBound {
      queued[queued.count - 1] = last.lowerBound..<range.upperBound
    } else {
      if queueHead > 64, queueHead > queued.count / 2 {
        queued.removeFirst(queueHead)
        queueHead = 0
      }
      queued.append(range)
    }
    return false
  }

  mutating func raiseCredit(to bytes: UInt64) { credit = max(credit, bytes) }

  /// The next bytes to send, at most `count`; nothing changes until `sent` or `setAside`.
  func next(atMost count: Int) -> Chunk? {
    guard count > 0 else { return nil }
    if let first = lost.first {
      return Chunk(range: Self.prefix(first, UInt64(count)), isNew: false)
    }
    guard queueHead < queued.count, spent < credit else { return nil }
    let room = min(UInt64(count), credit - spent)
    return Chunk(range: Self.prefix(queued[queueHead], room), isNew: true)
  }

  private static func prefix(_ range: Range<UInt64>, _ count: UInt64) -> Range<UInt64> {
    range.lowerBound..<min(range.upperBound, range.lowerBound + count)
  }

  mutating func sent(_ chunk: Chunk) {
    guard chunk.isNew else {
      lost.remove(chunk.range)
      return
    }
    spent += chunk.range.upperBound - chunk.range.lowerBound
    highestSent = max(highestSent, chunk.range.upperBound)
    dropFromQueue(through: chunk.range.upperBound)
  }

  /// The source could not read the chunk: the whole range that it begins is put aside, to be queued
  /// again when it can.
  mutating func setAside(_ chunk: Chunk) -> Range<UInt64> {
    if chunk.isNew {
      let range = queued[queueHead]
      dropFromQueue(through: range.upperBound)
      return range
    }
    guard let range = lost.first else { return chunk.range }
    lost.remove(range)
    // When it comes again it will be counted as new.
    spent -= min(spent, range.upperBound - range.lowerBound)
    return range
  }

  private mutating func dropFromQueue(through end: UInt64) {
    let range = queued[queueHead]
    if end < range.upperBound {
      queued[queueHead] = end..<range.upperBound
      return
    }
    queueHead += 1
    if queueHead == queued.count {
      queued.removeAll(keepingCapacity: true)
      queueHead = 0
    }
  }

  mutating func lost(_ range: Range<UInt64>) { lost.insert(range) }

  /// What was taken for lost arrived after all.
  mutating func foundAgain(_ range: Range<UInt64>) { lost.remove(range) }
}
