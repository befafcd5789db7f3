package import Primitives

extension ChatModel {
  /// Takes in what happened.
  ///
  /// - Returns: what the shell is to do, in this order. It then shows `view` of the model.
  package mutating func update(_ event: ChatEvent, at now: Now) -> [ChatIntent] {
    self.now = now
    var intents: [ChatIntent] = []
    switch event {
    case .key(let key): intents = press(key)
    case .resize(let width, let height): size = (max(1, width), max(1, height))
    case .tick: break
    case .notice, .remark, .searchResults, .transfers, .files, .show: intents = takeFromShell(event)
    case .connection, .channels, .channel, .channelRenamed, .channelRemoved, .unread, .people,
      .presence:
      intents = takeChannels(event)
    default: intents = takeMessages(event)
    }
    return intents + markRead()
  }

  private mutating func takeFromShell(_ event: ChatEvent) -> [ChatIntent] {
    switch event {
    case .notice(let notice, let key): add(notice, to: key)
    case .searchResults(let words, let hits): add(searchNotice(words, hits), to: nil)
    case .remark(let notice): add(notice, to: currentKey)
    case .transfers(let lines): take(lines)
    case .files(let prefix, let paths): takeFiles(prefix: prefix, paths)
    case .show(let key): return show(key)
    default: break
    }
    return []
  }

  /// - Parameter key: nil for the channel on show, which scrolls to the notice: it answers what
  ///   the person just did.
  mutating func add(_ notice: Notice, to key: String?) {
    let index = ensureChannel(key ?? currentKey)
    if key == nil { channels[index].scroll = nil }
    channels[index].timeline.add(notice, at: now.wall)
    trim(index)
  }

  mutating func tell(_ kind: Notice.Kind, _ text: String) {
    add(Notice(kind, text), to: nil)
  }

  /// What stands on the screen has been read.
  private mutating func markRead() -> [ChatIntent] {
    guard connection == .connected, overlay == nil, let index = currentIndex,
      channels[index].scroll == nil, let last = channels[index].timeline.lastSequence
    else { return [] }
    let hadUnread = channels[index].summary.unread > 0
    channels[index].summary.unread = 0
    channels[index].summary.mentions = 0
    guard last > channels[index].summary.readThrough || hadUnread else { return [] }
    let through = max(last, channels[index].summary.readThrough)
    channels[index].summary.readThrough = through
    return [.markRead(channel: channels[index].summary.key, through: through)]
  }

  private func searchNotice(_ words: String, _ hits: [SearchHit]) -> Notice {
    let days = DayText(zone: zone)
    let title =
      hits.isEmpty
      ? "Nothing found for \(words)"
      : "\(hits.count) \(hits.count == 1 ? "message" : "messages") found for \(words):"
    let lines = hits.map { hit in
      var line = StyledLine("\(hit.channel) \(hit.sequence)", style: .strong)
      line.append("  \(days.shortDay(hit.at)) \(days.clock(hit.at)) ", style: .faint)
      line.append(hit.from, style: Style(bold: true, colour: .forName(hit.from)))
      line.append(": ")
      for piece in hit.snippet {
        // Bold is all that a terminal without colours has for a match.
        line.append(piece.text, style: Style(bold: piece.isMatch, reverse: piece.isMatch))
      }
      return line
    }
    return Notice(.output, lines: [StyledLine(title)] + lines)
  }
}
