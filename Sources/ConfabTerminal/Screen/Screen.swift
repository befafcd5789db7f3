/// What a terminal shows at one moment: a grid of cells and a cursor.
package struct Screen: Hashable, Sendable {
  package let width: Int
  package let height: Int
  private var cells: [Cell]
  /// Nil hides the cursor.
  package var cursor: Position?

  package struct Position: Hashable, Sendable {
    package var column: Int
    package var row: Int

    package init(column: Int, row: Int) {
      self.column = column
      self.row = row
    }
  }

  package init(width: Int, height: Int) {
    self.width = max(1, width)
    self.height = max(1, height)
    cells = Array(repeating: .blank, count: self.width * self.height)
  }

  package subscript(column: Int, row: Int) -> Cell {
    cells[row * width + column]
  }

  package func row(_ row: Int) -> ArraySlice<Cell> {
    cells[(row * width)..<((row + 1) * width)]
  }

  /// Draws a line; what falls outside of the screen or beyond `limit` columns is not drawn.
  package mutating func draw(
    _ line: StyledLine, column: Int, row: Int, limit: Int = .max
  ) {
    guard (0..<height).contains(row), column < width, limit > 0 else { return }
    let first = max(0, -column)
    let end = min(line.width, limit, width - column)
    guard first < end else { return }
    let drawn = first..<end
    for offset in drawn {
      var cell = line.cells[offset]
      // A wide character that the border cuts is not drawn, on neither side.
      let isCutAtEnd =
        offset + 1 == drawn.upperBound && offset + 1 < line.width
        && line.cells[offset + 1].character == nil
      if isCutAtEnd || (offset == drawn.lowerBound && cell.character == nil) {
        cell.character = " "
      }
      cells[row * width + column + offset] = cell
    }
    closeHalves(in: row)
  }

  /// Replaces by blanks the halves of wide characters that something was drawn over.
  private mutating func closeHalves(in row: Int) {
    let start = row * width
    for index in start..<(start + width) {
      let isLast = index == start + width - 1
      if let character = cells[index].character {
        let isWhole = !isLast && cells[index + 1].character == nil
        if DisplayWidth.of(character) == 2, !isWhole { cells[index].character = " " }
      } else if index == start || !isWideHead(cells[index - 1]) {
        cells[index].character = " "
      }
    }
  }

  private func isWideHead(_ cell: Cell) -> Bool {
    guard let character = cell.character else { return false }
    return DisplayWidth.of(character) == 2
  }

  /// The rows as text, without the blanks at their ends.
  package var text: [String] {
    (0..<height).map { row in
      var characters = self.row(row).compactMap(\.character)
      while characters.last == " " { characters.removeLast() }
      return String(characters)
    }
  }
}
