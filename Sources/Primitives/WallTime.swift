/// A point in civil time, as milliseconds since 1970-01-01T00:00:00Z: what people and journals see.
///
/// A core never reads a clock; the shell that calls it passes the time in.
package struct WallTime: Hashable, Comparable, Sendable, Codable {
  package var millisecondsSinceEpoch: Int64

  package init(millisecondsSinceEpoch: Int64) {
    self.millisecondsSinceEpoch = millisecondsSinceEpoch
  }

  /// Whole seconds since the epoch, rounded down, also before 1970.
  package var secondsSinceEpoch: Int64 {
    let seconds = millisecondsSinceEpoch / 1000
    return millisecondsSinceEpoch % 1000 < 0 ? seconds - 1 : seconds
  }

  package static func < (a: WallTime, b: WallTime) -> Bool {
    a.millisecondsSinceEpoch < b.millisecondsSinceEpoch
  }

  package static func + (time: WallTime, duration: Duration) -> WallTime {
    WallTime(millisecondsSinceEpoch: time.millisecondsSinceEpoch + duration.milliseconds)
  }

  package static func - (time: WallTime, duration: Duration) -> WallTime {
    WallTime(millisecondsSinceEpoch: time.millisecondsSinceEpoch - duration.milliseconds)
  }

  /// How long after `earlier` this is; negative when it is before.
  package func since(_ earlier: WallTime) -> Duration {
    .milliseconds(millisecondsSinceEpoch - earlier.millisecondsSinceEpoch)
  }
}

/// A point on a clock that never jumps, as nanoseconds from an origin of the shell's choice: what
/// deadlines and rates are reckoned in.
package struct MonotonicTime: Hashable, Comparable, Sendable {
  package var nanoseconds: UInt64

  package init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  package static func < (a: MonotonicTime, b: MonotonicTime) -> Bool {
    a.nanoseconds < b.nanoseconds
  }

  package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
    MonotonicTime(nanoseconds: time.nanoseconds &+ UInt64(clamping: duration.nanoseconds))
  }

  /// How long after `earlier` this is; zero when it is before.
  package func since(_ earlier: MonotonicTime) -> Duration {
    nanoseconds <= earlier.nanoseconds
      ? .zero : .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds))
  }
}

/// Both clocks read at the same moment, which is how time reaches a core.
package struct Now: Sendable {
  package var wall: WallTime
  package var monotonic: MonotonicTime

  package init(wall: WallTime, monotonic: MonotonicTime) {
    self.wall = wall
    self.monotonic = monotonic
  }
}

extension Duration {
  /// Whole milliseconds, rounded toward zero.
  package var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }

  /// Whole nanoseconds, rounded toward zero.
  package var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
