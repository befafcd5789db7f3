/// The sending half of a control stream: a window of bytes that are kept until they are known to have
/// arrived.
struct ControlSender: ~Copyable {
  private let storage: UnsafeMutableRawPointer
  /// Everything below has arrived.
  private(set) var base: UInt64 = 0
  /// Where the next byte written goes.
  private(set) var end: UInt64 = 0
  private var sentEnd: UInt64 = 0
  private var lost = ByteRanges(reserving: 16)
  /// Arrived, though bytes before have not.
  private var acknowledged = ByteRanges(reserving: 16)
  /// How far the receiver lets us go.
  private var credit = UInt64(TransferLimits.controlWindowBytes)
  /// A write was refused, so its writer wants to hear of room.
  private(set) var isWriterWaiting = false

  init() {
    storage = .allocate(byteCount: TransferLimits.controlWindowBytes, alignment: 16)
  }

  deinit { storage.deallocate() }

  var hasSendable: Bool { !lost.isEmpty || sentEnd < min(end, credit) }
  var unacknowledgedBytes: Int { Int(end - base) }
  var room: Int { TransferLimits.controlWindowBytes - unacknowledgedBytes }

  mutating func write(_ bytes: [UInt8]) -> Bool {
    guard bytes.count <= room else {
      isWriterWaiting = true
      return false
    }
    bytes.withUnsafeBytes { source in
      Self.spread(from: end, count: source.count) { offset, place, count in
        (storage + place).copyMemory(
          from: source.baseAddress.unsafelyUnwrapped + offset, byteCount: count)
      }
    }
    end += UInt64(bytes.count)
    return true
  }

  /// Room that a waiting writer should hear of; tells it once.
  mutating func becameWritable() -> Bool {
    guard isWriterWaiting, room >= TransferLimits.controlWindowBytes / 2 else { return false }
    isWriterWaiting = false
    return true
  }

  mutating func raiseCredit(to bytes: UInt64) { credit = max(credit, bytes) }

  func next(atMost count: Int) -> Range<UInt64>? {
    guard count > 0 else { return nil }
    let range = lost.first ?? sentEnd..<max(sentEnd, min(end, credit))
    guard !range.isEmpty else { return nil }
    return range.lowerBound..<min(range.upperBound, range.lowerBound + UInt64(count))
  }

  func copy(_ range: Range<UInt64>, to place: UnsafeMutableRawPointer) {
    Self.spread(from: range.lowerBound, count: range.count) { offset, start, count in
      (place + offset).copyMemory(from: storage + start, byteCount: count)
    }
  }

  mutating func sent(_ range: Range<UInt64>) {
    lost.remove(range)
    sentEnd = max(sentEnd, range.upperBound)
  }

  mutating func acknowledged(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    lost.remove(range)
    acknowledged.insert(range)
    if let first = acknowledged.first, first.lowerBound <= base {
      base = max(base, first.upperBound)
      acknowledged.remove(first)
    }
  }

  mutating func lost(_ range: Range<UInt64>) {
    var rest = max(range.lowerBound, base)..<max(range.upperBound, base)
    while let gap = acknowledged.firstGap(in: rest) {
      lost.insert(gap)
      rest = gap.upperBound..<rest.upperBound
    }
  }

  /// Calls `body` for the one or two pieces that a range of the stream has in a ring of the window's
  /// size.
  static func spread(
    from offset: UInt64, count: Int, _ body: (_ done: Int, _ place: Int, _ count: Int) -> Void
  ) {
    guard count > 0 else { return }
    let size = TransferLimits.controlWindowBytes
    let place = Int(offset % UInt64(size))
    let first = min(count, size - place)
    body(0, place, first)
    if first < count { body(first, 0, count - first) }
  }
}

/// The receiving half: puts the bytes in order.
struct ControlReceiver: ~Copyable {
  private let storage: UnsafeMutableRawPointer
  /// Everything below was handed over.
  private(set) var delivered: UInt64 = 0
  private var received = ByteRanges(reserving: 16)
  /// How far the sender may go, as it was told.
  private var credit = UInt64(TransferLimits.controlWindowBytes)
  var owesCredit = false

  init() {
    storage = .allocate(byteCount: TransferLimits.controlWindowBytes, alignment: 16)
  }

  deinit { storage.deallocate() }

  mutating func receive(
    _ bytes: UnsafeRawBufferPointer, at offset: UInt64
  ) throws(TransportViolation) {
    let upper = offset + UInt64(bytes.count)
    guard upper <= credit else { throw .controlCreditExceeded }
    guard upper > delivered, let base = bytes.baseAddress else { return }
    let skipped = delivered > offset ? Int(delivered - offset) : 0
    let lower = offset + UInt64(skipped)
    ControlSender.spread(from: lower, count: bytes.count - skipped) { done, place, count in
      (storage + place).copyMemory(from: base + skipped + done, byteCount: count)
    }
    received.insert(lower..<upper)
  }

  var isReadable: Bool { received.first.map { $0.lowerBound <= delivered } ?? false }

  /// All that is in order; nil when nothing is.
  mutating func read() -> [UInt8]? {
    guard let first = received.first, first.lowerBound <= delivered else { return nil }
    let count = Int(first.upperBound - delivered)
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      ControlSender.spread(from: delivered, count: count) { done, place, count in
        (buffer.baseAddress.unsafelyUnwrapped + done).withMemoryRebound(
          to: UInt8.self, capacity: count
        ) {
          UnsafeMutableRawPointer($0).copyMemory(from: storage + place, byteCount: count)
        }
      }
      initialized = count
    }
    delivered = first.upperBound
    received.remove(first)
    if owedCredit - credit >= UInt64(TransferLimits.controlWindowBytes) / 4 {
      credit = owedCredit
      owesCredit = true
    }
    return bytes
  }

  private var owedCredit: UInt64 { delivered + UInt64(TransferLimits.controlWindowBytes) }
  var creditToTell: UInt64 { credit }
}
