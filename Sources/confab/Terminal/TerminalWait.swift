import Glibc
import Primitives

/// Waits for the keyboard, signals and news at the same time.
struct TerminalWait {
  struct Woken {
    var typed: [UInt8] = []
    var signals: [CInt] = []
    var hasNews = false
    /// The terminal is gone.
    var isClosed = false
    var isTimeout: Bool { typed.isEmpty && signals.isEmpty && !hasNews && !isClosed }
  }

  /// What is typed or pasted faster waits in the terminal's own queue.
  private static let readBytesMax = 4_096

  let signals: WakePipe
  let news: WakePipe

  func wait(atMost timeout: Duration) -> Woken {
    var sources = [STDIN_FILENO, signals.readEnd, news.readEnd].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    let ready = poll(&sources, nfds_t(sources.count), CInt(clamping: timeout.milliseconds))
    var woken = Woken()
    guard ready > 0 else { return woken }
    if sources[1].revents != 0 { woken.signals = signals.drain().map(CInt.init) }
    if sources[2].revents != 0 {
      _ = news.drain()
      woken.hasNews = true
    }
    if sources[0].revents != 0 { readTyped(&woken) }
    return woken
  }

  private func readTyped(_ woken: inout Woken) {
    var chunk = [UInt8](repeating: 0, count: Self.readBytesMax)
    let count = read(STDIN_FILENO, &chunk, chunk.count)
    if count > 0 {
      woken.typed = Array(chunk[..<count])
    } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
      woken.isClosed = true
    }
  }
}
