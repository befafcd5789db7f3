/// Files on their way, a line each, above the status line.
enum TransferPane {
  static func rows(_ transfers: [TransferLine], width: Int, height: Int) -> [StyledLine] {
    var rows = transfers.prefix(height).map { row($0, width: width) }
    if transfers.count > height, height > 0 {
      rows[height - 1] = StyledLine("and \(transfers.count - height + 1) more files", style: .faint)
    }
    return rows
  }

  private static func row(_ transfer: TransferLine, width: Int) -> StyledLine {
    let nameWidth = min(30, width / 3)
    var row = StyledLine(transfer.name).fitted(to: nameWidth)
    if let fraction = transfer.fraction, width >= 40 {
      row.append(" " + bar(fraction) + " ")
    } else {
      row.append(" ")
    }
    row.append(transfer.text, style: .faint)
    return row.clipped(to: width)
  }

  private static func bar(_ fraction: Double) -> String {
    let cells = 12
    let part = fraction.isFinite ? min(1, max(0, fraction)) : 0
    let full = Int(part * Double(cells))
    let percent = String(Int(part * 100))
    return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: cells - full)
      + "] " + String(repeating: " ", count: 3 - percent.count) + percent + "%"
  }
}
