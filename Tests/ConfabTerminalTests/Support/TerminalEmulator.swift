import ConfabTerminal

/// Just enough of a terminal to show what the renderer writes, and to notice when it writes
/// something that no terminal promises to understand.
struct TerminalEmulator {
  private(set) var rows: [[Cell]]
  private(set) var cursor = (column: 0, row: 0)
  private(set) var isCursorVisible = true
  private(set) var isSynchronizing = false
  private(set) var unknown: [String] = []
  private let width: Int
  private var style = Style.plain

  init(width: Int, height: Int) {
    self.width = width
    rows = Array(repeating: Array(repeating: .blank, count: width), count: height)
  }

  mutating func feed(_ bytes: [UInt8]) {
    var rest = Substring(String(decoding: bytes, as: UTF8.self))
    while let character = rest.popFirst() {
      if character == "\u{1b}" {
        sequence(&rest)
      } else {
        put(character)
      }
    }
  }

  func shows(_ screen: Screen) -> Bool {
    rows.indices.allSatisfy { rows[$0].elementsEqual(screen.row($0)) }
      && isCursorVisible == (screen.cursor != nil) && !isSynchronizing && unknown.isEmpty
      && (screen.cursor.map { $0.column == cursor.column && $0.row == cursor.row } ?? true)
  }

  /// What to say when it does not.
  func differences(from screen: Screen) -> [String] {
    let cells = rows.indices.flatMap { row in
      (0..<width).filter { rows[row][$0] != screen[$0, row] }.map { column in
        "\(column),\(row): \(rows[row][column]) for \(screen[column, row])"
      }
    }
    return unknown + cells + ["cursor \(cursor), wanted \(String(describing: screen.cursor))"]
  }

  private mutating func sequence(_ rest: inout Substring) {
    guard rest.popFirst() == "[" else { return unknown.append("no CSI") }
    let parameters = rest.prefix { !$0.isLetter }
    rest = rest.dropFirst(parameters.count)
    guard let final = rest.popFirst() else { return unknown.append("cut off") }
    let numbers = parameters.split(separator: ";").compactMap { Int($0) }
    switch (final, String(parameters)) {
    case ("H", _) where numbers.count == 2: cursor = (numbers[1] - 1, numbers[0] - 1)
    case ("J", "2"):
      for row in rows.indices { erase(row, from: 0) }
    case ("K", ""): erase(cursor.row, from: cursor.column)
    case ("m", _): select(numbers)
    case ("h", "?25"): isCursorVisible = true
    case ("l", "?25"): isCursorVisible = false
    case ("h", "?2026"): isSynchronizing = true
    case ("l", "?2026"): isSynchronizing = false
    default: unknown.append("\(parameters)\(final)")
    }
  }

  private mutating func select(_ numbers: [Int]) {
    for number in numbers {
      switch number {
      case 0: style = .plain
      case 1: style.bold = true
      case 2: style.dim = true
      case 7: style.reverse = true
      default: style.colour = UInt8(exactly: number).flatMap(Colour.init)
      }
    }
  }

  private mutating func put(_ character: Character) {
    let columns = DisplayWidth.of(character)
    guard rows.indices.contains(cursor.row), cursor.column + columns <= width, columns > 0 else {
      return unknown.append("\(character) outside of the screen")
    }
    for column in cursor.column..<(cursor.column + columns) { breakWide(cursor.row, column) }
    rows[cursor.row][cursor.column] = Cell(character, style: style)
    if columns == 2 { rows[cursor.row][cursor.column + 1] = Cell(nil, style: style) }
    cursor.column += columns
  }

  /// Writing over one half of a wide character leaves a blank in the other.
  private mutating func breakWide(_ row: Int, _ column: Int) {
    if rows[row][column].character == nil, column > 0 { rows[row][column - 1] = .blank }
    if column + 1 < width, rows[row][column + 1].character == nil { rows[row][column + 1] = .blank }
  }

  private mutating func erase(_ row: Int, from column: Int) {
    guard column < width else { return }
    breakWide(row, column)
    for column in column..<width { rows[row][column] = .blank }
  }
}
