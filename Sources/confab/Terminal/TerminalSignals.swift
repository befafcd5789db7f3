import Glibc
import Synchronization

/// Signals that a full-screen program must answer, told through a pipe.
enum TerminalSignals {
  /// Where a handler writes: it may not take locks or touch reference counts. -1 is nowhere.
  private static let writeEnd = Atomic<CInt>(-1)

  /// From now on these signals are told and do nothing by themselves. The pipe must stay open.
  ///
  /// INT, TERM and HUP end the program by way of `Interrupts`, which restores the terminal.
  static func tell(_ pipe: WakePipe) {
    writeEnd.store(pipe.writeEnd, ordering: .relaxed)
    for number in [SIGWINCH, SIGTSTP, SIGCONT] { signal(number, handler) }
  }

  static func ignore() {
    for number in [SIGWINCH, SIGTSTP, SIGCONT] { signal(number, SIG_DFL) }
    writeEnd.store(-1, ordering: .relaxed)
  }

  private static let handler: @convention(c) (CInt) -> Void = { number in
    let writeEnd = TerminalSignals.writeEnd.load(ordering: .relaxed)
    if writeEnd >= 0 { WakePipe.wake(writeEnd, UInt8(truncatingIfNeeded: number)) }
  }

  /// Stops the program as Ctrl-Z does; returns when it goes on. Where no shell could wake it, the
  /// system does not let it stop.
  static func stop() {
    signal(SIGTSTP, SIG_DFL)
    // Threads of a pool have signals blocked, and hand that on to those they start.
    var stopping = sigset_t()
    sigemptyset(&stopping)
    sigaddset(&stopping, SIGTSTP)
    pthread_sigmask(SIG_UNBLOCK, &stopping, nil)
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
