import Glibc

/// Keeps other processes out for as long as a change takes.
enum FileLock {
  /// Waits until nobody else holds the lock, which is a file of its own.
  static func hold<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    let descriptor = try PrivateFile.openForAppending(path)
    // Closing lets go of the lock.
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        throw ProfileError("\(path) cannot be locked: \(lastSystemError).")
      }
    }
    return try body()
  }
}
