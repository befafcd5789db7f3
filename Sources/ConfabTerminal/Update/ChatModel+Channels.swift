import Primitives

extension ChatModel {
  mutating func takeChannels(_ event: ChatEvent) -> [ChatIntent] {
    switch event {
    case .connection(let state):
      connection = state
      // The answer to what was asked over the lost connection may never come.
      for index in channels.indices { channels[index].isLoadingOlder = false }
    case .channels(let summaries): return replaceChannels(summaries)
    case .channel(let summary): take(summary)
    case .channelRenamed(let old, let new): rename(old, to: new)
    case .channelRemoved(let key): return removeChannel(key)
    case .unread(let key, let unread, let mentions, let readThrough):
      guard let index = index(of: key), readThrough >= channels[index].summary.readThrough else {
        break  // Older news than what this client did itself.
      }
      channels[index].summary.unread = unread
      channels[index].summary.mentions = mentions
      channels[index].summary.readThrough = readThrough
    case .people(let key, let people):
      channels[ensureChannel(key)].people = people
    case .presence(let name, let since): setPresence(name, since)
    default: break
    }
    return []
  }

  private mutating func replaceChannels(_ summaries: [ChannelSummary]) -> [ChatIntent] {
    let known = channels
    channels = summaries.map { summary in
      var channel = known.first { $0.summary.key == summary.key } ?? Channel(summary: summary)
      let readThrough = max(summary.readThrough, channel.summary.readThrough)
      channel.summary = summary
      channel.summary.readThrough = readThrough
      return channel
    }
    // A conversation that only begins, or whose words are not sent, is not on the server's list.
    for channel in known where index(of: channel.summary.key) == nil {
      let isBeginning = channel.summary.kind == .direct && channel.summary.key == currentKey
      if isBeginning || channel.timeline.unsentCount > 0 { channels.append(channel) }
    }
    guard index(of: currentKey) != nil || currentKey.hasPrefix("@") else {
      let missing = currentKey
      currentKey = channels.first?.summary.key ?? currentKey
      tell(.error, "You are not in \(missing). /join \(missing) enters it if it is public.")
      return open()
    }
    return open()
  }

  private mutating func take(_ summary: ChannelSummary) {
    guard let index = index(of: summary.key) else {
      channels.append(Channel(summary: summary))
      return
    }
    let readThrough = max(summary.readThrough, channels[index].summary.readThrough)
    channels[index].summary = summary
    channels[index].summary.readThrough = readThrough
  }

  private mutating func rename(_ old: String, to new: String) {
    guard let index = index(of: old) else { return }
    if channels[index].summary.key == current?.summary.key { currentKey = new }
    channels[index].summary.key = new
  }

  private mutating func removeChannel(_ key: String) -> [ChatIntent] {
    guard let index = index(of: key) else { return [] }
    let wasCurrent = index == currentIndex
    channels.remove(at: index)
    guard wasCurrent, let first = channels.first else { return [] }
    let intents = show(first.summary.key)
    tell(.information, "You are no longer in \(key).")
    return intents
  }

  private mutating func setPresence(_ name: String, _ since: WallTime?) {
    for index in channels.indices {
      guard let person = channels[index].people.firstIndex(where: { $0.name == name }) else {
        continue
      }
      channels[index].people[person].activeSince = since
    }
  }

  /// The place of a channel in the list; one that nobody told of yet is put at its end.
  mutating func ensureChannel(_ key: String) -> Int {
    if let index = index(of: key) { return index }
    let kind: ChannelSummary.Kind =
      key.hasPrefix("@") ? .direct : key.lowercased() == "#lobby" ? .lobby : .privateRoom
    channels.append(Channel(summary: ChannelSummary(key: key, kind: kind)))
    return channels.count - 1
  }

  // MARK: The channel on show

  mutating func show(_ key: String) -> [ChatIntent] {
    let target = ensureChannel(key)
    if target != currentIndex { leaveCurrent() }
    currentKey = channels[target].summary.key
    if input.isEmpty { input.replace(with: channels[target].draft) }
    channels[target].draft = ""
    completion = nil
    overlay = nil
    return open()
  }

  private mutating func leaveCurrent() {
    defer { input.replace(with: "") }
    guard let index = currentIndex else { return }
    channels[index].draft = input.text
    channels[index].newAfter = nil
    channels[index].scroll = nil
    channels[index].timeline.trim(to: ChatLimits.entriesInBackgroundMax)
  }

  /// Asks for what belongs to the channel on show, and remembers where the new messages begin.
  private mutating func open() -> [ChatIntent] {
    let index = ensureChannel(currentKey)
    let summary = channels[index].summary
    if summary.unread > 0, channels[index].newAfter == nil {
      channels[index].newAfter = summary.readThrough
    }
    return [.open(channel: summary.key)]
  }

  /// To the channel so many places further down the list, around its ends.
  mutating func step(by amount: Int) -> [ChatIntent] {
    guard !channels.isEmpty else { return [] }
    let next = ((currentIndex ?? 0) + amount + channels.count) % channels.count
    return show(channels[next].summary.key)
  }

  /// To the next channel with something new; one that names the reader comes first.
  mutating func jumpToUnread() -> [ChatIntent] {
    let from = (currentIndex ?? 0) + 1
    let order = channels.indices.map { (from + $0) % channels.count }
      .filter { channels[$0].summary.unread > 0 && $0 != currentIndex }
    guard let next = order.first(where: { channels[$0].summary.mentions > 0 }) ?? order.first
    else {
      hint = "Nothing is unread "
      return []
    }
    return show(channels[next].summary.key)
  }

  mutating func trim(_ index: Int) {
    let isCurrent = index == currentIndex
    channels[index].timeline.trim(
      to: isCurrent ? ChatLimits.entriesPerChannelMax : ChatLimits.entriesInBackgroundMax)
  }
}
