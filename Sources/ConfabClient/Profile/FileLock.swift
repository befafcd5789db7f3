import Glibc

/// Keeps other processes out of a file for as long as a change to it takes.
struct FileLock: ~Copyable {
  private let descriptor: CInt

  /// Waits until nobody else has the lock.
  init(_ path: String) throws {
    descriptor = try PrivateFile.openForAppending(path)
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        let problem = lastSystemError
        close(descriptor)
        throw ProfileError("\(path) cannot be locked: \(problem).")
      }
    }
  }

  deinit {
    // Closing lets go of the lock.
    close(descriptor)
  }
}
