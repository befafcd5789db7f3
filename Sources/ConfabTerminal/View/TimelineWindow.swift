import Primitives

/// The rows of a timeline, and which of them are on show. Only what is needed is laid out.
struct TimelineWindow {
  private let channel: Channel
  private let messages: MessageRows

  init(_ channel: Channel, account: String, zone: LocalZone, width: Int) {
    self.channel = channel
    let digits = String(channel.timeline.lastSequence ?? 0).count
    messages = MessageRows(
      width: max(1, width), account: account, days: DayText(zone: zone),
      numberWidth: max(3, digits))
  }

  private var entries: [Timeline.Entry] { channel.timeline.entries }

  /// At most `height` rows, the last of them at the channel's scroll position.
  func rows(height: Int) -> [StyledLine] {
    guard height > 0, !entries.isEmpty else { return Array([header].prefix(height)) }
    let (last, below) = place(of: channel.scroll)
    var rows = Array(self.rows(at: last).dropLast(below))
    var index = last
    while rows.count < height, index > 0 {
      index -= 1
      rows = self.rows(at: index) + rows
    }
    // After a resize there may be room below.
    if rows.count < height {
      rows += self.rows(at: last).suffix(below)
      index = last
      while rows.count < height, index + 1 < entries.count {
        index += 1
        rows += self.rows(at: index)
      }
      return Array(rows.prefix(height))
    }
    return Array(rows.suffix(height))
  }

  /// - Returns: the new position and whether the first row of all is on show there.
  func scrolled(up amount: Int, height: Int) -> (anchor: ScrollAnchor?, isAtTop: Bool) {
    guard !entries.isEmpty else { return (nil, true) }
    var (index, below) = place(of: channel.scroll)
    let above = rowsAbove(index, below: below, atMost: height + amount)
    below += min(amount, max(0, above - height))
    while index > 0, case let count = rows(at: index).count, below >= count {
      below -= count
      index -= 1
    }
    return (anchor(index, below), above <= height + amount - 1)
  }

  func scrolled(down amount: Int) -> ScrollAnchor? {
    guard !entries.isEmpty else { return nil }
    var (index, below) = place(of: channel.scroll)
    below -= amount
    while below < 0 {
      guard index + 1 < entries.count else { return nil }
      index += 1
      below += rows(at: index).count
    }
    return anchor(index, below)
  }

  private func anchor(_ index: Int, _ below: Int) -> ScrollAnchor? {
    index == entries.count - 1 && below == 0
      ? nil : ScrollAnchor(entry: entries[index].id, rowsBelow: below)
  }

  private func place(of anchor: ScrollAnchor?) -> (index: Int, below: Int) {
    guard let anchor, let index = channel.timeline.index(ofEntry: anchor.entry) else {
      return (entries.count - 1, 0)
    }
    return (index, min(anchor.rowsBelow, rows(at: index).count - 1))
  }

  private func rowsAbove(_ index: Int, below: Int, atMost limit: Int) -> Int {
    var count = rows(at: index).count - below
    var index = index
    while count < limit, index > 0 {
      index -= 1
      count += rows(at: index).count
    }
    return count
  }

  // MARK: Rows of an entry with what parts it from the one before

  private func rows(at index: Int) -> [StyledLine] {
    let entry = entries[index]
    var rows: [StyledLine] = []
    if index == 0 { rows.append(header) }
    if index == 0 || day(entries[index - 1].at) != day(entry.at) {
      rows.append(rule(messages.days.longDay(entry.at), style: .faint))
    }
    if isFirstNew(index) {
      rows.append(rule("new messages", style: Style(bold: true, colour: .red)))
    }
    switch entry.content {
    case .message(let message):
      rows += messages.rows(
        of: message, replied: message.replyTo.flatMap(channel.timeline.message))
    case .unsent(let unsent): rows += messages.rows(of: unsent)
    case .notice(let notice, _): rows += messages.rows(of: notice)
    }
    return rows
  }

  private func day(_ time: WallTime) -> Int { messages.days.dayNumber(time) }

  private func isFirstNew(_ index: Int) -> Bool {
    guard let newAfter = channel.newAfter, let sequence = entries[index].sequence,
      sequence > newAfter
    else { return false }
    let previous = entries[..<index].lazy.reversed().compactMap(\.sequence).first
    return previous.map { $0 <= newAfter } ?? (sequence == newAfter + 1)
  }

  private var header: StyledLine {
    let key = channel.summary.key
    if channel.isLoadingOlder { return rule("loading older messages", style: .faint) }
    if !channel.timeline.hasOlder {
      return rule("the beginning of \(key)", style: .faint)
    }
    if entries.isEmpty { return rule("waiting for messages", style: .faint) }
    return entries.count >= ChatLimits.entriesPerChannelMax
      ? rule("for older messages use: confab read '\(key)'", style: .faint)
      : rule("PgUp for older messages", style: .faint)
  }

  /// Words in the middle of a line over the whole width.
  private func rule(_ words: String, style: Style) -> StyledLine {
    let width = messages.width
    let text = StyledLine(" \(words) ", style: style).clipped(to: width)
    let left = (width - text.width) / 2
    var row = StyledLine(String(repeating: "─", count: left), style: style)
    row.append(text)
    row.append(String(repeating: "─", count: width - text.width - left), style: style)
    return row
  }
}
