import ConfabTerminal
import Glibc

/// Rows at the bottom of a terminal, on standard error, that are painted again and again. Whoever writes
/// other lines erases them first.
struct ProgressBlock {
  /// Further rows are only counted.
  private static let rowsMax = 8
  private static let widthWithoutTerminal = 80

  private var rows: [(key: String, text: String)] = []
  private var shownRows = 0

  mutating func set(_ text: String, for key: String) {
    if let index = rows.firstIndex(where: { $0.key == key }) {
      rows[index].text = text
    } else {
      rows.append((key, text))
    }
  }

  mutating func remove(_ key: String) {
    rows.removeAll { $0.key == key }
  }

  mutating func erase() {
    guard shownRows > 0 else { return }
    let above = String(repeating: "\u{1b}[A\u{1b}[K", count: shownRows - 1)
    Output.writeError("\r\u{1b}[K" + above)
    shownRows = 0
    TerminalRestore.clear()
  }

  mutating func paint() {
    var texts = rows.prefix(Self.rowsMax).map(\.text)
    if rows.count > Self.rowsMax { texts.append("and \(rows.count - Self.rowsMax) more") }
    guard !texts.isEmpty else { return erase() }
    let start = "\r" + String(repeating: "\u{1b}[A", count: max(0, shownRows - 1))
    // A row that reaches the border would take two.
    let width = max(1, Self.width - 1)
    let lines = texts.map { "\u{1b}[K" + StyledLine($0).clipped(to: width).text }
    if shownRows > texts.count { erase() }
    Output.writeError((shownRows == 0 ? "\r" : start) + lines.joined(separator: "\n"))
    // Whoever interrupts finds the prompt on a line of its own.
    if shownRows == 0 { TerminalRestore.set(farewell: [10], to: STDERR_FILENO) }
    shownRows = texts.count
  }

  private static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return widthWithoutTerminal
    }
    return Int(size.ws_col)
  }
}
