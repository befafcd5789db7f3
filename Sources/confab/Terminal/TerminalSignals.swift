import Glibc
import Synchronization

/// Signals that a full-screen program must answer, told through a pipe.
enum TerminalSignals {
  /// What a handler can reach: it may not take locks or touch reference counts.
  private static let pipe = Atomic<UnsafeRawPointer?>(nil)

  /// From now on these signals are told and do nothing by themselves.
  ///
  /// INT, TERM and HUP end the program by way of `Interrupts`, which restores the terminal.
  static func tell(_ wake: WakePipe) {
    // One for the program's life: a handler may run at any time.
    pipe.store(UnsafeRawPointer(Unmanaged.passRetained(wake).toOpaque()), ordering: .releasing)
    for number in [SIGWINCH, SIGTSTP, SIGCONT] { signal(number, handler) }
  }

  private static let handler: @convention(c) (CInt) -> Void = { number in
    guard let raw = TerminalSignals.pipe.load(ordering: .acquiring) else { return }
    Unmanaged<WakePipe>.fromOpaque(raw)._withUnsafeGuaranteedRef {
      $0.wake(UInt8(truncatingIfNeeded: number))
    }
  }

  /// Stops the program as Ctrl-Z does; returns when it goes on. Where no shell could wake it, the
  /// system does not let it stop.
  static func stop() {
    signal(SIGTSTP, SIG_DFL)
    raise(SIGTSTP)
    signal(SIGTSTP, handler)
  }

  /// A crash leaves a terminal that one can go on with.
  static func restoreOnCrash() {
    for number in [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE] {
      signal(number) { number in
        TerminalRestore.restore()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }
}
