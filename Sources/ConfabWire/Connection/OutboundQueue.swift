/// Stops telling a slow reader what happens before it costs others anything.
///
/// The bytes themselves are with the socket, and while the socket takes them nothing is counted. What
/// is pushed (events, presence) may be dropped, because the journal has it; answers are always
/// written, and bounded by not reading more requests while the socket takes none.
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

  /// Bytes that may be pushed while the socket takes none.
  package let bytesMax: Int
  /// Pushed since the socket stopped taking bytes.
  package private(set) var pushedBytes = 0
  private var state = State.flowing

  package init(bytesMax: Int = WireLimits.outboundBytesMax) {
    self.bytesMax = bytesMax
  }

  package var isLagging: Bool { state != .flowing }

  /// Something that the server says of its own accord.
  ///
  /// - Parameter isWritable: whether the socket takes bytes: its unsent ones are below its high mark.
  package mutating func push(bytes: Int, isWritable: Bool) -> Verdict {
    guard state == .flowing else { return .drop(justBecameLagging: false) }
    if isWritable { return .write }
    // The first is taken however long it is, or a joined buffer could never be sent.
    guard pushedBytes == 0 || pushedBytes + bytes <= bytesMax else {
      state = .overflowing
      return .drop(justBecameLagging: true)
    }
    pushedBytes += bytes
    return .write
  }

  /// The socket takes bytes again: its unsent ones came down to its low mark.
  package mutating func becameWritable() -> Relief {
    pushedBytes = 0
    guard state == .overflowing else { return .none }
    state = .lagging
    return .tellLagging
  }

  /// The reader subscribed (again) and will fetch what it missed.
  package mutating func subscribed() {
    state = .flowing
  }
}
