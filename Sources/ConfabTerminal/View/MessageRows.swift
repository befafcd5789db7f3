import Primitives

/// The rows of single entries of a timeline, without what parts them.
struct MessageRows {
  let width: Int
  let account: String
  let days: DayText
  /// Columns for the numbers of messages.
  let numberWidth: Int

  /// Number and time where there is room for them; numbers are what `/reply` and `/edit` go by.
  private func gutter(number: Int?, at time: WallTime) -> StyledLine {
    if width < Self.numbersFromWidth { return StyledLine() }
    let digits = number.map(String.init) ?? ""
    var text = String(repeating: " ", count: max(0, numberWidth - digits.count)) + digits + " "
    if width >= Self.timesFromWidth { text += days.clock(time) + " " }
    return StyledLine(text, style: .faint)
  }

  private static let numbersFromWidth = 20
  private static let timesFromWidth = 40

  func rows(of message: ChatMessage, replied: ChatMessage?) -> [StyledLine] {
    let gutter = gutter(number: message.sequence, at: message.at)
    var rows: [StyledLine] = []
    if let reply = message.replyTo, !message.isDeleted {
      rows.append(quote(reply, replied, indent: gutter.width))
    }
    let mentionsReader = mentions(message.text)
    var text = [StyledLine("(deleted)", style: .faint)]
    if !message.isDeleted {
      text = lines(message.text, style: mentionsReader ? .strong : .plain)
      if message.isEdited { text[text.count - 1].append(" (edited)", style: .faint) }
    }
    rows += body(from: message.from, gutter: gutter, text: text)
    if !message.reactions.isEmpty, !message.isDeleted {
      rows += reactions(message.reactions, indent: gutter.width + 2)
    }
    return rows
  }

  func rows(of unsent: UnsentMessage) -> [StyledLine] {
    var text = lines(unsent.text, style: .faint)
    if let failure = unsent.failure {
      text[text.count - 1].append(
        " (not sent: \(failure))", style: Style(bold: true, colour: .red))
    } else {
      text[text.count - 1].append(" (sending…)", style: .faint)
    }
    return body(from: account, gutter: gutter(number: nil, at: unsent.at), text: text)
  }

  func rows(of notice: Notice) -> [StyledLine] {
    let (mark, style): (String, Style) =
      switch notice.kind {
      case .information: ("- ", .faint)
      case .error: ("! ", Style(bold: true, colour: .red))
      case .output: ("  ", .plain)
      }
    let following = notice.kind == .output ? "    " : "  "
    var rows: [StyledLine] = []
    for (index, line) in notice.lines.enumerated() {
      let wrapped = WordWrap.lines(
        line, width: width - mark.count, following: width - following.count)
      for (part, text) in wrapped.enumerated() {
        let isFirst = index == 0 && part == 0
        var row = StyledLine(isFirst ? mark : part == 0 ? "  " : following, style: style)
        row.append(text)
        rows.append(row)
      }
    }
    return rows
  }

  private func body(from name: String, gutter: StyledLine, text: [StyledLine]) -> [StyledLine] {
    var first = StyledLine(name, style: Style(bold: true, colour: .forName(name)))
    first.append(": ")
    let indent = gutter.width + 2
    let firstWidth = width - gutter.width
    var rows: [StyledLine] = []
    for (index, line) in text.enumerated() {
      var whole = index == 0 ? first : StyledLine()
      whole.append(line)
      let wrapped = WordWrap.lines(
        whole, width: index == 0 ? firstWidth : width - indent, following: width - indent)
      for (part, text) in wrapped.enumerated() {
        var row = index == 0 && part == 0 ? gutter : StyledLine.blank(indent)
        row.append(text)
        rows.append(row)
      }
    }
    return rows
  }

  private func quote(_ sequence: Int, _ message: ChatMessage?, indent: Int) -> StyledLine {
    var row = StyledLine.blank(indent)
    row.append("↳ \(sequence)", style: .faint)
    if let message {
      let first = message.text.prefix { !$0.isNewline }
      row.append(" \(message.from): ", style: .faint)
      row.append(message.isDeleted ? "(deleted)" : String(first.prefix(200)), style: .faint)
    }
    return row.clipped(to: width)
  }

  private func reactions(_ reactions: [Reaction], indent: Int) -> [StyledLine] {
    var line = StyledLine()
    for reaction in reactions {
      if line.width > 0 { line.append("  ") }
      let count = reaction.isMine ? "\(reaction.count) (you)" : "\(reaction.count)"
      line.append("\(reaction.emoji) \(count)", style: reaction.isMine ? .strong : .plain)
    }
    return WordWrap.lines(line, width: width - indent).map { part in
      var row = StyledLine.blank(indent)
      row.append(part)
      return row
    }
  }

  private func lines(_ text: String, style: Style) -> [StyledLine] {
    ControlCharacters.escaped(text).split(separator: "\n", omittingEmptySubsequences: false)
      .map { StyledLine(String($0), style: style) }
  }

  private func mentions(_ text: String) -> Bool {
    text.contains("@") && Mention.isMentioned(account, in: text)
  }
}

/// Whether a text names somebody.
enum Mention {
  /// `@name` with nothing after it that could belong to a longer name.
  static func isMentioned(_ name: String, in text: String) -> Bool {
    let wanted = "@" + name.lowercased()
    return text.lowercased().split(whereSeparator: \.isWhitespace).contains { word in
      guard let at = word.firstIndex(of: "@") else { return false }
      let rest = word[at...]
      guard rest.hasPrefix(wanted) else { return false }
      let after = rest.dropFirst(wanted.count).first { $0 != "." }
      return after.map { !($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") } ?? true
    }
  }
}
