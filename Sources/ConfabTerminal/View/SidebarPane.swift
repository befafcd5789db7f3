/// The conversations on the left.
enum SidebarPane {
  static func rows(_ model: ChatModel, width: Int, height: Int) -> [StyledLine] {
    let current = model.currentIndex ?? 0
    // The channel on show stays in sight in a list longer than the screen.
    let first = min(max(0, current - height / 2), max(0, model.channels.count - height))
    return model.channels.dropFirst(first).prefix(height).map { channel in
      row(channel.summary, isCurrent: channel.summary.key == model.current?.summary.key, width)
    }
  }

  private static func row(
    _ summary: ChannelSummary, isCurrent: Bool, _ width: Int
  ) -> StyledLine {
    var marks = ""
    if summary.unread > 0 { marks = " \(short(summary.unread))" }
    if summary.mentions > 0 { marks += " @\(short(summary.mentions))" }
    if marks.isEmpty, summary.isClosed { marks = " closed" }
    let style = Style(
      bold: summary.unread > 0 || isCurrent, dim: summary.isClosed && summary.unread == 0)
    var row = StyledLine(isCurrent ? ">" : " ", style: style)
    row.append(summary.key, style: style)
    row = row.fitted(to: max(0, width - marks.count))
    row.append(marks, style: style)
    return row
  }

  private static func short(_ count: Int) -> String {
    count > 999 ? "999+" : String(count)
  }
}
