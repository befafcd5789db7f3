/// A text shown in place of the messages.
enum OverlayPane {
  static func rows(_ overlay: Overlay, width: Int, height: Int) -> [StyledLine] {
    guard height > 0 else { return [] }
    let all = wrapped(overlay, width: width)
    let room = max(1, height - 1)
    let top = min(overlay.top, max(0, all.count - room))
    let isWhole = all.count <= room
    let foot = isWhole ? "Esc closes this" : "PgUp and PgDn turn pages, Esc closes this"
    if height == 1 { return [StyledLine(overlay.title, style: .strong).clipped(to: width)] }
    var rows = Array(all.dropFirst(top).prefix(room))
    while rows.count < room { rows.append(StyledLine()) }
    return rows + [StyledLine(foot, style: .faint).clipped(to: width)]
  }

  /// How far down the text can be turned.
  static func topMax(_ overlay: Overlay, width: Int, height: Int) -> Int {
    max(0, wrapped(overlay, width: width).count - max(1, height - 1))
  }

  private static func wrapped(_ overlay: Overlay, width: Int) -> [StyledLine] {
    [StyledLine(overlay.title, style: .strong).clipped(to: width), StyledLine()]
      + overlay.lines.flatMap { line in
        let parts = WordWrap.lines(line, width: width, following: width - indent)
        return parts.prefix(1)
          + parts.dropFirst().map { part in
            var row = StyledLine.blank(indent)
            row.append(part)
            return row
          }
      }
  }

  /// Of the second and later rows of a line.
  private static let indent = 4
}
