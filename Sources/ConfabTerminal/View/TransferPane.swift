/// Files that are offered or on their way, a line each, above the status line.
enum TransferPane {
  /// From this width on there is room for a wide bar and per cent.
  private static let wideFromWidth = 100
  /// Below this width there is no bar.
  private static let barFromWidth = 60
  private static let gap = "  "

  static func rows(_ transfers: [TransferLine], width: Int, height: Int) -> [StyledLine] {
    var rows = transfers.prefix(height).map { row($0, width: width) }
    if transfers.count > height, height > 0 {
      rows[height - 1] = StyledLine(
        "and \(transfers.count - height + 1) more: /transfers lists them", style: .faint
      ).clipped(to: width)
    }
    return rows
  }

  private static func row(_ transfer: TransferLine, width: Int) -> StyledLine {
    let isWide = width >= wideFromWidth
    var row = label(transfer, width: isWide ? 40 : min(26, width / 2))
    row.append(gap)
    if let fraction = transfer.fraction, width >= barFromWidth {
      row.append(bar(fraction, isWide: isWide) + gap)
    }
    for (index, detail) in transfer.details.enumerated() {
      let part = StyledLine((index == 0 ? "" : gap) + detail, style: .faint)
      guard index == 0 || row.width + part.width <= width else { break }
      row.append(part)
    }
    return row.clipped(to: width)
  }

  /// "2 talk.mp4 → @ben": the number and the other side are whole before the name is.
  private static func label(_ transfer: TransferLine, width: Int) -> StyledLine {
    let number = StyledLine("\(transfer.number) ", style: .strong)
    let other = StyledLine(
      (transfer.direction == .sending ? " → " : " ← ") + transfer.other)
    let name = StyledLine(transfer.name)
    var label = number
    label.append(name.clipped(to: max(1, width - number.width - other.width)))
    label.append(other)
    return label.fitted(to: width)
  }

  private static func bar(_ fraction: Double, isWide: Bool) -> String {
    let cells = isWide ? 20 : 8
    let part = fraction.isFinite ? min(1, max(0, fraction)) : 0
    let full = Int(part * Double(cells))
    let percent = String(Int(part * 100))
    return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: cells - full)
      + "]" + (isWide ? String(repeating: " ", count: 4 - percent.count) + percent + "%" : "")
  }
}
