/// Counts what waits for a reader, and stops telling a slow one before it costs others anything.
///
/// The bytes themselves are with the socket. What is pushed (events, presence) may be dropped,
/// because the journal has it; answers are always written, and bounded by not reading more requests.
///
///     flowing ──too much waits──▶ overflowing ──drained──▶ lagging (told) ──Subscribe──▶ flowing
package struct OutboundQueue: Sendable, Equatable {
  package enum Verdict: Sendable, Equatable {
    case write
    case drop(justBecameLagging: Bool)
  }

  package enum Relief: Sendable, Equatable {
    case none
    /// Send `Lagging` now: the reader has caught up with what was written before the gap.
    case tellLagging
  }

  private enum State: Sendable, Equatable {
    /// Everything is written.
    case flowing
    /// Something was dropped, and the reader has not been told, because what it is behind with comes
    /// first.
    case overflowing
    /// The reader knows that it misses something, and is told nothing until it subscribes again.
    case lagging
  }

  package let bytesMax: Int
  package let bytesLow: Int
  package private(set) var queuedBytes = 0
  private var state = State.flowing

  package init(
    bytesMax: Int = WireLimits.outboundBytesMax, bytesLow: Int = WireLimits.outboundBytesLow
  ) {
    self.bytesMax = bytesMax
    self.bytesLow = min(bytesLow, bytesMax)
  }

  package var isLagging: Bool { state != .flowing }

  /// Whether the connection's requests should be read: answers cannot be dropped.
  package var acceptsRequests: Bool { queuedBytes < bytesMax }

  /// Something that the server says of its own accord.
  package mutating func enqueue(bytes: Int) -> Verdict {
    guard state == .flowing else { return .drop(justBecameLagging: false) }
    // An empty queue takes everything, however long, or a joined buffer could never be sent.
    guard queuedBytes == 0 || queuedBytes + bytes <= bytesMax else {
      state = .overflowing
      return .drop(justBecameLagging: true)
    }
    queuedBytes += bytes
    return .write
  }

  /// An answer, or another frame that is never dropped.
  package mutating func enqueueReply(bytes: Int) {
    queuedBytes += bytes
  }

  /// The socket took so many bytes.
  package mutating func drained(bytes: Int) -> Relief {
    queuedBytes = max(0, queuedBytes - bytes)
    guard state == .overflowing, queuedBytes <= bytesLow else { return .none }
    state = .lagging
    return .tellLagging
  }

  /// The reader subscribed (again) and will fetch what it missed.
  package mutating func subscribed() {
    state = .flowing
  }
}
