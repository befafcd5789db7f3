import Glibc
package import Primitives

/// The system's clock that never jumps. One reading serves a whole turn of the loop.
package enum MonotonicClock {
  package static var now: MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }
}
