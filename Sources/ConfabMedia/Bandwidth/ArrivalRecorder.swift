/// When the packets of one publisher arrived, until they have been told of: the publisher's browser
/// reckons from it how much its line carries.
struct ArrivalRecorder: ~Copyable {
  static let capacity = 1_024
  /// Feedback is due so long after the one before; sooner when half the memory is full.
  static let intervalNanoseconds: UInt64 = 60_000_000

  /// In nanoseconds; 0 for what has not arrived. Twice, so that what is told of is always in one piece; nil
  /// until something comes, because most people of a large meeting only watch.
  private var memory: UnsafeMutablePointer<UInt64>?
  private var numbers = SequenceUnwrapper()
  /// All before it has been told of.
  private var first: UInt64 = 0
  private var feedbackNumber: UInt8 = 0
  private var lastFeedback: UInt64 = 0
  /// Of the newest packet: feedback names a stream, though it is about the transport.
  private var mediaSSRC: UInt32 = 0

  deinit { memory?.deallocate() }

  private var arrivals: UnsafeMutablePointer<UInt64> {
    mutating get {
      if let memory { return memory }
      let made = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * Self.capacity)
      made.initialize(repeating: 0, count: 2 * Self.capacity)
      memory = made
      return made
    }
  }

  @inline(__always)
  mutating func record(_ sequence: UInt16, ssrc: UInt32, at arrival: UInt64) {
    let number = numbers.unwrap(sequence)
    if first == 0 { first = number }
    guard number >= first else { return }
    if number - first >= UInt64(Self.capacity) {
      // A jump, or nobody took the feedback: what is old is of no use any more.
      forget(before: number - UInt64(Self.capacity / 2))
    }
    set(number, arrival)
    mediaSSRC = ssrc
  }

  private mutating func set(_ number: UInt64, _ arrival: UInt64) {
    let index = Int(number & UInt64(Self.capacity - 1))
    arrivals[index] = arrival
    arrivals[index + Self.capacity] = arrival
  }

  private mutating func forget(before number: UInt64) {
    if number - first >= UInt64(Self.capacity) {
      arrivals.update(repeating: 0, count: 2 * Self.capacity)
      first = number
    }
    while first < number {
      set(first, 0)
      first += 1
    }
  }

  func isDue(at now: UInt64) -> Bool {
    guard first != 0, numbers.highest >= first else { return false }
    return now >= lastFeedback + Self.intervalNanoseconds
      || numbers.highest - first > UInt64(Self.capacity / 2)
  }

  /// Writes one feedback about what has arrived since the last one.
  ///
  /// - Returns: false when there is nothing to tell.
  mutating func write(sender: UInt32, to writer: inout RTCPWriter, at now: UInt64) -> Bool {
    while first <= numbers.highest, arrivals[Int(first & UInt64(Self.capacity - 1))] == 0 {
      first += 1
    }
    guard first != 0, first <= numbers.highest else { return false }
    let start = arrivals + Int(first & UInt64(Self.capacity - 1))
    let count = writer.transportFeedback(
      sender: sender, media: mediaSSRC, first: UInt16(truncatingIfNeeded: first),
      feedbackNumber: feedbackNumber,
      arrivals: UnsafeBufferPointer(start: start, count: Int(numbers.highest - first) + 1))
    feedbackNumber &+= 1
    lastFeedback = now
    forget(before: first + UInt64(count))
    return true
  }
}
