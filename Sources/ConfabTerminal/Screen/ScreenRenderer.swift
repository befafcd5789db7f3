/// Turns the difference of two screens into the bytes that make a terminal show the second.
package struct ScreenRenderer: Sendable {
  /// Without it only bold, dim and reverse are used.
  package var colour: Bool

  package init(colour: Bool) {
    self.colour = colour
  }

  /// Alternate screen, bracketed paste, no automatic wrapping: the last column is ours as well.
  package static let enter = Array("\u{1b}[?1049h\u{1b}[?2004h\u{1b}[?7l\u{1b}[0m\u{1b}[2J".utf8)

  /// Everything that `enter` changed, undone; safe to write twice.
  package static let leave = Array(
    "\u{1b}[?2026l\u{1b}[0m\u{1b}[?7h\u{1b}[?2004l\u{1b}[?25h\u{1b}[?1049l".utf8)

  /// - Parameter previous: what the terminal shows; nil when that is not known, and after a resize.
  /// - Returns: nothing at all when both are the same.
  package func bytes(from previous: Screen?, to next: Screen) -> [UInt8] {
    if previous == next { return [] }
    var painter = Painter(colour: colour)
    var known = Screen(width: next.width, height: next.height)
    if let previous, previous.width == next.width, previous.height == next.height {
      known = previous
    } else {
      painter.clear()
    }
    for row in 0..<next.height where known.row(row) != next.row(row) {
      painter.paint(row: row, from: Array(known.row(row)), to: Array(next.row(row)))
    }
    painter.finish(cursor: next.cursor)
    return Array(painter.output.utf8)
  }
}

/// Writes cells while it tracks where the terminal's cursor is and how it would draw.
private struct Painter {
  /// Synchronized update: a terminal that knows it shows the whole change at once.
  private(set) var output = "\u{1b}[?2026h\u{1b}[?25l\u{1b}[0m"
  private let colour: Bool
  private var style = Style.plain
  private var position: Screen.Position?

  init(colour: Bool) {
    self.colour = colour
  }

  mutating func clear() {
    output += "\u{1b}[2J"
  }

  mutating func paint(row: Int, from old: [Cell], to new: [Cell]) {
    // Blanks up to the end of the row are erased by one sequence.
    let inkEnd = (new.lastIndex { $0 != .blank } ?? -1) + 1
    let erases = inkEnd + eraseSequenceLength < new.count && old[inkEnd...] != new[inkEnd...]
    let end = erases ? inkEnd : new.count
    var column = 0
    while column < end {
      let isWide = column + 1 < new.count && new[column + 1].character == nil
      let next = column + (isWide ? 2 : 1)
      if old[column..<next] != new[column..<next] {
        put(new[column], at: Screen.Position(column: column, row: row), width: next - column)
      }
      column = next
    }
    if erases {
      move(to: Screen.Position(column: inkEnd, row: row))
      use(.plain)
      output += "\u{1b}[K"
    }
  }

  mutating func finish(cursor: Screen.Position?) {
    use(.plain)
    if let cursor {
      position = nil
      move(to: cursor)
      output += "\u{1b}[?25h"
    }
    output += "\u{1b}[?2026l"
  }

  private mutating func put(_ cell: Cell, at target: Screen.Position, width: Int) {
    guard let character = cell.character else { return }
    move(to: target)
    use(cell.style)
    output.append(character)
    // Terminals disagree on the width of clusters, so after one the cursor is placed anew.
    position =
      character.isASCII
      ? Screen.Position(column: target.column + width, row: target.row) : nil
  }

  private mutating func move(to target: Screen.Position) {
    if position == target { return }
    output += "\u{1b}[\(target.row + 1);\(target.column + 1)H"
    position = target
  }

  private mutating func use(_ wanted: Style) {
    var wanted = wanted
    if !colour { wanted.colour = nil }
    if wanted == style { return }
    var codes = "0"
    if wanted.bold { codes += ";1" }
    if wanted.dim { codes += ";2" }
    if wanted.reverse { codes += ";7" }
    if let colour = wanted.colour { codes += ";\(colour.rawValue)" }
    output += "\u{1b}[\(codes)m"
    style = wanted
  }
}

/// Shorter runs of blanks cost less than moving the cursor and erasing.
private let eraseSequenceLength = 8
