/// Text of one line with styles, measured in columns. It holds no control characters.
package struct StyledLine: Hashable, Sendable {
  /// One for each column, as on a screen.
  package private(set) var cells: [Cell] = []

  package init() {}

  package init(_ text: String, style: Style = .plain) {
    append(text, style: style)
  }

  init(cells: [Cell]) {
    self.cells = cells
  }

  package var width: Int { cells.count }

  /// The text alone, for tests and screen readers.
  package var text: String { String(cells.compactMap(\.character)) }

  package mutating func append(_ text: String, style: Style = .plain) {
    for character in ControlCharacters.escaped(text, keepingNewlines: false) {
      switch DisplayWidth.of(character) {
      case 0: appendToLast(character)
      case 1: cells.append(Cell(character, style: style))
      default:
        cells.append(Cell(character, style: style))
        cells.append(Cell(nil, style: style))
      }
    }
  }

  package mutating func append(_ line: StyledLine) {
    cells += line.cells
  }

  /// A mark without a letter of its own belongs to the letter before it.
  private mutating func appendToLast(_ mark: Character) {
    guard let index = cells.lastIndex(where: { $0.character != nil }),
      let letter = cells[index].character
    else { return }
    let joined = String(letter) + String(mark)
    if joined.count == 1, DisplayWidth.of(joined) == cells.count - index {
      cells[index].character = Character(joined)
    }
  }

  /// Filled with blanks, or cut with an ellipsis, to exactly this many columns.
  package func fitted(to width: Int, style: Style = .plain) -> StyledLine {
    if cells.count <= width {
      let blank = Cell(" ", style: style)
      return StyledLine(cells: cells + Array(repeating: blank, count: width - cells.count))
    }
    return clipped(to: width).fitted(to: max(0, width), style: style)
  }

  /// At most this many columns, the last of them an ellipsis when something was cut.
  package func clipped(to width: Int) -> StyledLine {
    guard cells.count > width else { return self }
    guard width > 0 else { return StyledLine() }
    var kept = Array(cells[..<(width - 1)])
    // Half of a wide character is none.
    if cells[width - 1].character == nil { kept.removeLast() }
    kept.append(Cell("…", style: cells[width - 1].style))
    return StyledLine(cells: kept)
  }

  package static func blank(_ width: Int) -> StyledLine {
    StyledLine(cells: Array(repeating: .blank, count: max(0, width)))
  }
}
