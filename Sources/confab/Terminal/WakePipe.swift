import Glibc

/// A pipe to oneself: what any thread, or a signal's handler, writes into it ends a `poll`.
final class WakePipe: Sendable {
  let readEnd: CInt
  private let writeEnd: CInt

  init() throws {
    var ends: [CInt] = [-1, -1]
    guard pipe2(&ends, O_NONBLOCK | O_CLOEXEC) == 0 else {
      throw UsageError("There is no pipe to be had: \(String(cString: strerror(errno))).")
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  /// Safe in a signal's handler. A full pipe wakes as well as one byte more.
  func wake(_ byte: UInt8 = 0) {
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
