import Glibc

/// A pipe to oneself: what any thread, or a signal's handler, writes into it ends a `poll`.
final class WakePipe: Sendable {
  let readEnd: CInt
  let writeEnd: CInt

  init() throws {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw UsageError("There is no pipe to be had: \(String(cString: strerror(errno))).")
    }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  func wake() {
    Self.wake(writeEnd, 0)
  }

  /// Safe in a signal's handler. A full pipe wakes as well as one byte more.
  static func wake(_ writeEnd: CInt, _ byte: UInt8) {
    let error = errno
    var byte = byte
    _ = write(writeEnd, &byte, 1)
    errno = error
  }

  /// All that was written.
  func drain() -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 256)
    while true {
      let count = read(readEnd, &chunk, chunk.count)
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
    }
  }
}
