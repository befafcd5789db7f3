import Foundation
import NIOCore
import Primitives

/// The two clocks of the machine; nothing else in the server reads a time.
enum Clock {
  static func now() -> Now { Now(wall: wall(), monotonic: monotonic()) }

  static func wall() -> WallTime {
    WallTime(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
  }

  static func monotonic() -> MonotonicTime {
    MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds)
  }
}

extension Clock {
  /// Stops this thread; for threads that have nothing else to do.
  static func sleep(milliseconds: UInt32) {
    usleep(milliseconds * 1_000)
  }
}
