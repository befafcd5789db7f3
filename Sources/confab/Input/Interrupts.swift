import Glibc
import Synchronization

/// The terminal as it was, to be put back however the program ends.
enum TerminalRestore {
  private struct State {
    var settings: termios?
    var farewell: [UInt8] = []
  }

  private static let state = Mutex(State())

  static func set(_ settings: termios, farewell: [UInt8] = []) {
    state.withLock { $0 = State(settings: settings, farewell: farewell) }
  }

  static func clear() {
    state.withLock { $0 = State() }
  }

  /// Safe to call twice. Called from a signal's handler too: if the lock is taken there, somebody
  /// is at this very work.
  static func restore() {
    _ = state.withLockIfAvailable { state in
      guard var settings = state.settings else { return }
      state.farewell.withUnsafeBytes { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }
  }
}

enum Interrupts {
  /// Ctrl-C and TERM end the program with the status that says so.
  static func install() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        TerminalRestore.restore()
        _exit(number == SIGINT ? ExitStatus.interrupted.rawValue : 128 + number)
      }
    }
    // A reader that has gone shows as an error of writing.
    signal(SIGPIPE, SIG_IGN)
  }
}
