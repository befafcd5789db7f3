/// The input as rows: broken wherever a row is full, scrolled so that the cursor is among them.
struct InputRows {
  private(set) var rows: [StyledLine]
  let cursor: Screen.Position
  /// Whether the cursor stands in the first or last row of all, where the arrows mean history.
  let isCursorInFirstRow: Bool
  let isCursorInLastRow: Bool

  private static let prompt = "> "

  init(_ input: InputLine, width: Int, rowsMax: Int) {
    let prompt = width >= 10 ? Self.prompt : ""
    var flow = InputFlow(prompt: prompt, width: width)
    flow.add(input.textBeforeCursor)
    flow.markCursor()
    flow.add(input.textAfterCursor)
    let shown = flow.window(rowsMax: rowsMax)
    rows = Array(flow.rows[shown])
    cursor = Screen.Position(
      column: flow.cursor.column, row: flow.cursor.row - shown.lowerBound)
    isCursorInFirstRow = flow.cursor.row == 0
    isCursorInLastRow = flow.cursor.row == flow.rows.count - 1
  }

  /// The cursor's place in the text when it moves up or down one row, as near as can be to the
  /// same column.
  static func cursor(_ input: InputLine, movedBy rowStep: Int, width: Int) -> Int {
    let prompt = width >= 10 ? Self.prompt : ""
    var flow = InputFlow(prompt: prompt, width: width)
    flow.add(input.textBeforeCursor)
    flow.markCursor()
    flow.add(input.textAfterCursor)
    return flow.place(nearest: flow.cursor.column, row: flow.cursor.row + rowStep)
  }
}

/// Lays out characters one after another.
private struct InputFlow {
  private(set) var rows: [StyledLine]
  private(set) var cursor = Screen.Position(column: 0, row: 0)
  /// Where each character begins.
  private var starts: [Screen.Position] = []
  private let indent: Int
  private let width: Int

  init(prompt: String, width: Int) {
    rows = [StyledLine(prompt, style: .strong)]
    indent = prompt.count
    self.width = max(1, width)
  }

  /// The last column is for the cursor after the last character.
  private var room: Int { max(2, width - 1) }

  mutating func add(_ text: String) {
    for character in text {
      let shown = StyledLine(character == "\n" ? "" : String(character))
      if !shown.cells.isEmpty, rows[rows.count - 1].width + min(shown.width, room - indent) > room {
        startRow()
      }
      starts.append(end)
      rows[rows.count - 1].append(shown)
      if character == "\n" { startRow() }
    }
  }

  mutating func markCursor() {
    cursor = Screen.Position(column: min(end.column, width - 1), row: end.row)
  }

  private var end: Screen.Position {
    Screen.Position(column: rows[rows.count - 1].width, row: rows.count - 1)
  }

  private mutating func startRow() {
    rows.append(StyledLine.blank(indent))
  }

  func window(rowsMax: Int) -> Range<Int> {
    let count = min(rowsMax, rows.count)
    // One row below the cursor stays in sight where there is one.
    let wanted = min(cursor.row + 2, rows.count) - count
    let first = min(max(0, wanted), cursor.row)
    return first..<min(rows.count, first + count)
  }

  func place(nearest column: Int, row: Int) -> Int {
    let places = starts + [end]
    let candidates = places.indices.filter { places[$0].row == row }
    let best = candidates.min { abs(places[$0].column - column) < abs(places[$1].column - column) }
    return best ?? (row < 0 ? 0 : places.count - 1)
  }
}
