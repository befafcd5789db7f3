import ConfabTerminal
import Glibc
import Synchronization

/// Writes to standard output and standard error. Nothing is held back: every line goes out at once.
enum Output {
  /// Lines of several tasks never mix.
  private static let lock = Mutex(())

  static let isTerminal = isatty(STDOUT_FILENO) == 1
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1

  /// Bold and colours only where a person looks, and wants them.
  static let isStyled =
    isTerminal && (getenv("NO_COLOR").map { $0[0] == 0 } ?? true) && terminalName != "dumb"

  static var terminalName: String { getenv("TERM").map { String(cString: $0) } ?? "dumb" }

  static func line(_ text: String) {
    write(text + "\n")
  }

  static func line(_ object: JSONObject) {
    write(object.text + "\n")
  }

  static func write(_ text: String) {
    write(Array(text.utf8), to: STDOUT_FILENO)
  }

  static func write(_ bytes: [UInt8]) {
    write(bytes, to: STDOUT_FILENO)
  }

  static func writeError(_ text: String) {
    write(Array(text.utf8), to: STDERR_FILENO)
  }

  /// Something that went wrong: one line, whatever its words hold.
  static func failure(_ words: String) {
    writeError("confab: \(ControlCharacters.escaped(words, keepingNewlines: false))\n")
  }

  /// A remark for a person who looks, and for nobody else.
  static func note(_ words: String) {
    guard errorIsTerminal else { return }
    writeError(ControlCharacters.escaped(words) + "\n")
  }

  static func strong(_ text: String) -> String {
    isStyled ? "\u{1b}[1m\(text)\u{1b}[0m" : text
  }

  private static func write(_ bytes: [UInt8], to descriptor: CInt) {
    lock.withLock { _ in
      var written = 0
      while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes {
          Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        if count >= 0 {
          written += count
        } else if errno == EAGAIN {
          // Somebody made the terminal we share non-blocking.
          var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&waiting, 1, -1)
        } else if errno != EINTR {
          // The reader has gone, as `head` does when it has seen enough.
          _exit(descriptor == STDOUT_FILENO && errno == EPIPE ? 0 : 1)
        }
      }
    }
  }
}

extension String {
  /// Safe on a terminal and on one line.
  var escapedLine: String { ControlCharacters.escaped(self, keepingNewlines: false) }

  /// Safe on a terminal; further lines are set in, so that none can pretend to be a line of ours.
  var escapedLines: String {
    ControlCharacters.escaped(self).split(separator: "\n", omittingEmptySubsequences: false)
      .joined(separator: "\n    ")
  }
}
