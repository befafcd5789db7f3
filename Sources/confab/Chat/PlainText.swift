import ConfabTerminal
import Primitives

/// How messages are spelled in plain mode, each on one line.
struct PlainText: Sendable {
  let zone: LocalZone

  /// `#room 12 21:30:04 ann: text`; the day stands before the time when it is not today.
  func line(_ message: ChatMessage, in key: String, now: WallTime) -> String {
    let date = CivilDate(message.at, offsetSeconds: zone.offset(message.at))
    let today = CivilDate(now, offsetSeconds: zone.offset(now))
    let day = date.isoDate == today.isoDate ? "" : date.isoDate + " "
    var line = "\(key) \(message.sequence) \(day)\(date.timeOfDay) \(message.from.shownOnOneLine): "
    if let reply = message.replyTo { line += "(to \(reply)) " }
    line += message.isDeleted ? "(deleted)" : message.text.shownOnOneLine
    if message.isEdited, !message.isDeleted { line += " (edited)" }
    if !message.reactions.isEmpty {
      let all = message.reactions.map { "\($0.emoji.shownOnOneLine) \($0.count)" }
      line += " [\(all.joined(separator: ", "))]"
    }
    return line
  }

  func line(_ hit: ConfabTerminal.SearchHit) -> String {
    let date = CivilDate(hit.at, offsetSeconds: zone.offset(hit.at))
    let snippet = hit.snippet.map(\.text).joined()
    return "\(hit.channel) \(hit.sequence) \(date.isoDate) \(date.timeOfDay) "
      + "\(hit.from.shownOnOneLine): \(snippet.shownOnOneLine)"
  }
}

extension String {
  /// Safe on a terminal, and never more than one line.
  var shownOnOneLine: String { ControlCharacters.escaped(oneLine, keepingNewlines: false) }

  /// Without the blanks that pad a column.
  var trimmedEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
