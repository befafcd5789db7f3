import Primitives

/// The bar over the messages and the bar over the input.
enum StatusLine {
  static func title(_ model: ChatModel, width: Int) -> StyledLine {
    let style = Style(bold: true, reverse: true)
    guard let channel = model.current else {
      return StyledLine(" " + model.currentKey, style: style).fitted(to: width, style: style)
    }
    let summary = channel.summary
    var text = " \(summary.key)"
    switch summary.kind {
    case .lobby: text += " · everybody"
    case .publicRoom: text += " · public room"
    case .privateRoom: text += " · private room"
    case .direct: text += " · just you two"
    }
    if summary.isClosed { text += " · closed" }
    let active = channel.people.count { $0.activeSince != nil }
    if !channel.people.isEmpty, summary.kind != .direct {
      text += " · \(active) of \(channel.people.count) active"
    }
    let right = channel.scroll == nil ? "" : "scrolled back, Esc for the newest "
    return joined(text, right, keepsRight: false, width: width, style: style)
  }

  static func status(_ model: ChatModel, width: Int) -> StyledLine {
    let style = Style(reverse: true)
    if let completion = model.completion { return candidates(completion, width: width) }
    let reader = "\(model.account) at \(model.place)"
    // What is wrong comes first: a narrow screen cuts the end.
    let left =
      model.connection == .connected
      ? " \(reader) · connected" : " \(connection(model)) · \(reader)"
    return joined(
      left, model.hint ?? defaultHint(model), keepsRight: model.hint != nil, width: width,
      style: style)
  }

  private static func connection(_ model: ChatModel) -> String {
    switch model.connection {
    case .connecting: return "connecting…"
    case .connected: return "connected"
    case .lost(let next):
      // Rounded up: it is never "in 0 s" before it happens.
      let left = (next.since(model.now.monotonic).milliseconds + 999) / 1000
      return left > 0 ? "connection lost, next try in \(left) s" : "connection lost, trying now"
    case .refused(let reason): return "refused: \(reason)"
    }
  }

  private static func defaultHint(_ model: ChatModel) -> String {
    let unread = model.unreadChannels.count
    return unread > 0 ? "Alt-A: unread (\(unread)) · /help " : "/help "
  }

  /// - Parameter keepsRight: whether the right part cuts the left one where both do not fit;
  ///   otherwise it is left out.
  private static func joined(
    _ left: String, _ right: String, keepsRight: Bool, width: Int, style: Style
  ) -> StyledLine {
    var line = StyledLine(left, style: style)
    let right = StyledLine(" " + right, style: style)
    guard right.width > 1, keepsRight || line.width + right.width <= width else {
      return line.fitted(to: width, style: style)
    }
    line = line.fitted(to: max(0, width - right.width), style: style)
    line.append(right)
    return line.fitted(to: width, style: style)
  }

  /// The candidates around the chosen one.
  private static func candidates(_ completion: Completion, width: Int) -> StyledLine {
    let base = Style(reverse: true)
    var line = StyledLine(" ", style: base)
    for index in completion.index..<completion.candidates.count where line.width < width {
      let isChosen = index == completion.index
      line.append(completion.candidates[index], style: isChosen ? .strong : base)
      line.append("  ", style: base)
    }
    let place = " \(completion.index + 1)/\(completion.candidates.count) "
    line = line.fitted(to: max(0, width - place.count), style: base)
    line.append(place, style: base)
    return line.fitted(to: width, style: base)
  }
}
