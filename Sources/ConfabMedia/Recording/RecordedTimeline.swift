/// When each frame of a recording is due. Files mix sound and pictures only roughly in order, so a
/// little is read ahead.
package struct RecordedTimeline: Sendable {
  package static let aheadNanoseconds: UInt64 = 1_500_000_000
  private static let aheadFramesMax = 1_000
  private static let aheadBytesMax = 16 << 20
  /// A longer hole in the file, or a step back, is closed up.
  private static let holeNanoseconds: UInt64 = 5_000_000_000
  /// Between the last frame and the first one of the next round.
  private static let roundPauseNanoseconds: UInt64 = 33_000_000

  /// By time; `nanoseconds` count from the presentation's beginning.
  private var waiting: [RecordedFrame] = []
  private var waitingBytes = 0
  /// What is to be added to the file's clock; wraps.
  private var offset: UInt64 = 0
  private var newest: UInt64?
  private var startsRound = true

  package init() {}

  package var isEmpty: Bool { waiting.isEmpty }

  package var wantsMore: Bool {
    guard let first = waiting.first, let last = waiting.last else { return true }
    return last.nanoseconds - first.nanoseconds < Self.aheadNanoseconds
      && waiting.count < Self.aheadFramesMax && waitingBytes < Self.aheadBytesMax
  }

  package mutating func add(_ frame: RecordedFrame) {
    var frame = frame
    let time = frame.nanoseconds &+ offset
    let last = newest ?? 0
    if startsRound || time > last + Self.holeNanoseconds || time + Self.holeNanoseconds < last {
      startsRound = false
      let wanted = newest.map { $0 + Self.roundPauseNanoseconds } ?? 0
      offset = wanted &- frame.nanoseconds
      frame.nanoseconds = wanted
    } else {
      frame.nanoseconds = time
    }
    newest = max(last, frame.nanoseconds)
    let place = (waiting.lastIndex { $0.nanoseconds <= frame.nanoseconds } ?? -1) + 1
    waiting.insert(frame, at: place)
    waitingBytes += frame.bytes.count
  }

  /// The file begins anew.
  package mutating func rewind() { startsRound = true }

  /// When the next frame is due, from the beginning.
  package var nextDue: UInt64? { waiting.first?.nanoseconds }

  package mutating func takeDue(at elapsed: UInt64) -> RecordedFrame? {
    guard let first = waiting.first, first.nanoseconds <= elapsed else { return nil }
    waitingBytes -= first.bytes.count
    return waiting.removeFirst()
  }

  /// Whether a whole picture comes by then anyway.
  package func hasKeyframe(before elapsed: UInt64) -> Bool {
    waiting.contains { $0.isKeyframe && $0.nanoseconds <= elapsed }
  }
}
