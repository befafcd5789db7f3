import ConfabTerminal
import Glibc

/// The terminal in raw mode, showing the alternate screen. Used by one thread.
struct ScreenTerminal {
  /// The settings that the person's shell is to find again.
  private let before: termios

  init() throws {
    var settings = termios()
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
      throw UsageError("There is no terminal here. Use confab chat --plain.")
    }
    before = settings
    TerminalSignals.restoreOnCrash()
  }

  /// Keys come as they are typed, and nothing is echoed. Ctrl-C and Ctrl-Z are keys as well.
  func enter() {
    var raw = before
    cfmakeraw(&raw)
    TerminalRestore.set(before, farewell: ScreenRenderer.leave)
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    Output.write(ScreenRenderer.enter)
  }

  func leave() {
    TerminalRestore.restore()
    TerminalRestore.clear()
  }

  /// Gives the terminal back to the shell; returns when the person comes back.
  func suspend() {
    leave()
    TerminalSignals.stop()
    enter()
  }

  var size: (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}
