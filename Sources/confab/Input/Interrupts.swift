import Glibc
import Synchronization

/// The terminal as it was, to be put back however the program ends.
enum TerminalRestore {
  private struct State {
    var settings: termios?
    var farewell: [UInt8] = []
    var descriptor = STDOUT_FILENO
  }

  private static let state = Mutex(State())

  static func set(_ settings: termios, farewell: [UInt8] = []) {
    state.withLock { $0 = State(settings: settings, farewell: farewell) }
  }

  /// Bytes alone, as after a line that has not ended.
  static func set(farewell: [UInt8], to descriptor: CInt) {
    state.withLock { $0 = State(farewell: farewell, descriptor: descriptor) }
  }

  static func clear() {
    state.withLock { $0 = State() }
  }

  /// Safe to call twice. Called from a signal's handler too: if the lock is taken there, somebody
  /// is at this very work.
  static func restore() {
    _ = state.withLockIfAvailable { state in
      state.farewell.withUnsafeBytes { _ = write(state.descriptor, $0.baseAddress, $0.count) }
      guard var settings = state.settings else { return }
      tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }
  }
}

enum Interrupts {
  /// Where the next one is told; -1 ends the program. A handler may not take locks.
  private static let writeEnd = Atomic<CInt>(-1)

  /// Ctrl-C and TERM end the program with the status that says so.
  static func install() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        let pipe = Interrupts.writeEnd.exchange(-1, ordering: .relaxed)
        guard pipe < 0 else { return WakePipe.wake(pipe, UInt8(truncatingIfNeeded: number)) }
        Interrupts.end(number)
      }
    }
    // A reader that has gone shows as an error of writing.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Waits for the first, which is told here, so that the program can part from others. One more ends
  /// it at once.
  static func first() async throws -> CInt {
    let pipe = try WakePipe()
    writeEnd.store(pipe.writeEnd, ordering: .relaxed)
    defer { writeEnd.store(-1, ordering: .relaxed) }
    return try await withTaskCancellationHandler {
      let number = try await offThread {
        var waiting = pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0)
        while poll(&waiting, 1, -1) < 0 {}
        return pipe.drain().first ?? 0
      }
      guard number > 0 else { throw CancellationError() }
      return CInt(number)
    } onCancel: {
      pipe.wake()
    }
  }

  static func end(_ number: CInt) -> Never {
    TerminalRestore.restore()
    _exit(number == SIGINT ? ExitStatus.interrupted.rawValue : 128 + number)
  }
}
