/// Breaks lines between words where it can and inside one where it must.
package enum WordWrap {
  /// Lines of at most `width` columns; never none. A width below 2 cannot hold a wide character and
  /// is taken as 2.
  ///
  /// - Parameter following: the width of the second and later lines, when they are indented.
  package static func lines(
    _ line: StyledLine, width: Int, following: Int? = nil
  ) -> [StyledLine] {
    let later = max(2, following ?? width)
    var room = max(2, width)
    var rest = line.cells[...]
    var result: [StyledLine] = []
    while rest.count > room {
      let end = breakIndex(in: rest, room: room, later: later)
      result.append(StyledLine(cells: Array(trimmingTrailingBlank(rest[..<end]))))
      rest = rest[end...]
      // The blank at which a line was broken is not the beginning of the next.
      if rest.first?.character == " " { rest = rest.dropFirst() }
      room = later
    }
    result.append(StyledLine(cells: Array(rest)))
    return result
  }

  /// Where the next line begins: after the last word that fits, or inside of one that would not fit
  /// into a line of its own either.
  private static func breakIndex(in cells: ArraySlice<Cell>, room: Int, later: Int) -> Int {
    let limit = cells.startIndex + room
    let middle = cells[limit].character == nil ? limit - 1 : limit
    if cells[limit].character == " " { return limit }
    let first = cells.firstIndex { $0.character != " " } ?? limit
    var index = limit
    while index > first, !mayBreak(before: index, in: cells) { index -= 1 }
    guard index > first else { return middle }
    let end = cells[limit...].firstIndex { $0.character == " " } ?? cells.endIndex
    return end - index > later && cells[index - 1].character == " " ? middle : index
  }

  /// After a blank, and on both sides of wide characters, whose scripts use no blanks.
  private static func mayBreak(before index: Int, in cells: ArraySlice<Cell>) -> Bool {
    guard let character = cells[index].character else { return false }
    if character == " " || cells[index - 1].character == " " { return true }
    let isBesideWide =
      cells[index - 1].character == nil
      || (index + 1 < cells.endIndex && cells[index + 1].character == nil)
    return isBesideWide && !closingMarks.contains(character)
  }

  /// What must not begin a line in Chinese and Japanese.
  private static let closingMarks: Set<Character> = [
    "、", "。", "，", "．", "！", "？", "）", "」", "』", "】", "ー", "…",
  ]

  private static func trimmingTrailingBlank(_ cells: ArraySlice<Cell>) -> ArraySlice<Cell> {
    cells.last?.character == " " ? cells.dropLast() : cells
  }
}
