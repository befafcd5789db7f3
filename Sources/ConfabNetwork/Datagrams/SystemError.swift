import Glibc

/// What the operating system refused, and why.
package struct SystemError: Error, Hashable, CustomStringConvertible {
  /// What was tried, as one would say it: `open the folder`.
  package let action: String
  /// `errno`, positive.
  package let code: Int32

  package init(_ action: String, code: Int32) {
    self.action = action
    self.code = code
  }

  /// The reason of the call of the C library that just failed on this thread.
  package init(latest action: String) {
    self.init(action, code: errno)
  }

  package var reason: String { String(cString: strerror(code)) }
  package var description: String { "cannot \(action): \(reason)" }
}

/// Numbers by which others tell what to do about it.
extension SystemError {
  package static let diskFull = ENOSPC
  package static let quotaUsedUp = EDQUOT
  package static let notWritable: [Int32] = [EACCES, EPERM, EROFS]
}
