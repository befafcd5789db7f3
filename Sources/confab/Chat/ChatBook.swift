import ConfabClient
package import ConfabTerminal
package import ConfabWire
package import Primitives

/// What the shell itself must know of channels and people to tell the screen about them: a value,
/// changed by what the server says.
package struct ChatBook: Sendable {
  package let account: String
  /// By the server's number of the channel; the labels are those that the screen was told.
  private var channels: [UInt64: WireChannelInfo] = [:]
  /// The list of a new connection, until what was missed has been told.
  private var fresh: [UInt64: WireChannelInfo]?
  private var reactions = ReactionBook()
  /// The last changes to messages: a page that was read before one may come after it.
  private var recentChanges: [UInt64: [WireEvent]] = [:]
  private static let recentChangesMax = 64
  /// Who is active, since when.
  private var active: [String: WallTime] = [:]

  package init(account: String) {
    self.account = account
  }

  // MARK: Looking up

  package func key(of channel: UInt64) -> String? {
    (channels[channel] ?? fresh?[channel])?.label
  }

  /// A channel as a person names it: `#plans`, `#3`, `@ann`.
  package func info(named name: String) -> WireChannelInfo? {
    let wanted = name.lowercased()
    let found = channels.values.filter {
      $0.label.lowercased() == wanted || ($0.number > 0 && "#\($0.number)" == wanted)
    }
    // The name of a room that was closed may have gone to a new one.
    return found.max { ($0.closed ? 0 : 1, $0.id) < ($1.closed ? 0 : 1, $1.id) }
  }

  /// By its number where that is known: it outlasts new names, and leads to closed rooms as well.
  package func reference(_ key: String) -> WireChannelRef {
    info(named: key).map { .numbered($0.id) } ?? .named(key)
  }

  /// The rooms of this person in the order of their numbers.
  package var rooms: [WireChannelInfo] {
    channels.values.filter { $0.number > 0 }.sorted { $0.number < $1.number }
  }

  package var unread: [WireChannelInfo] {
    sorted(channels.values).filter { $0.unread > 0 }
  }

  package func reaction(_ emoji: String, on sequence: Int, in key: String) -> Reaction? {
    guard let info = info(named: key) else { return nil }
    let all = reactions[info.id, UInt64(clamping: sequence)].map { Reaction($0, account: account) }
    return all.first { $0.emoji == emoji }
  }

  package func activeSince(_ name: String) -> WallTime? { active[name] }

  package var activePeople: [String] { active.keys.sorted() }

  // MARK: Channels

  /// A connection is there. Its list counts what is missed as unread already, so the screen gets it
  /// after that has been told.
  package mutating func connected(_ infos: [WireChannelInfo]) -> [ChatEvent] {
    var list: [UInt64: WireChannelInfo] = [:]
    var events: [ChatEvent] = [.connection(.connected)]
    for info in infos where info.joined {
      list[info.id] = info
      guard let old = channels[info.id], old.label != info.label else { continue }
      events.append(.channelRenamed(from: old.label, to: info.label))
      channels[info.id]?.label = info.label
    }
    fresh = list
    return events
  }

  package mutating func caughtUp() -> [ChatEvent] {
    guard let list = fresh else { return [] }
    channels = list
    fresh = nil
    let shown = sorted(channels.values).filter { info(named: $0.label)?.id == $0.id }
    return [.channels(shown.map(ChannelSummary.init))]
  }

  /// The lobby, rooms by name, then people by name.
  private func sorted(_ infos: some Collection<WireChannelInfo>) -> [WireChannelInfo] {
    infos.sorted { a, b in
      let (first, second) = (a.listRank, b.listRank)
      return first == second ? a.label.lowercased() < b.label.lowercased() : first < second
    }
  }

  package mutating func changed(_ info: WireChannelInfo) -> [ChatEvent] {
    guard info.joined else { return [] }
    guard let old = channels.updateValue(info, forKey: info.id) else {
      var summary = ChannelSummary(info)
      // All that was said in a conversation of one's own follows, and is counted one by one.
      let isPersonal = info.kind == .private || info.kind == .direct
      if isPersonal { (summary.unread, summary.mentions) = (0, 0) }
      return [.channel(summary)]
    }
    let rename: [ChatEvent] =
      old.label == info.label ? [] : [.channelRenamed(from: old.label, to: info.label)]
    return rename + [
      .unread(
        channel: info.label, unread: Int(clamping: info.unread),
        mentions: Int(clamping: info.mentions), readThrough: Int(clamping: info.readThrough))
    ]
  }

  /// A room that this client just made or joined. The server's own news of it may be here already.
  package mutating func made(_ info: WireChannelInfo) -> [ChatEvent] {
    channels[info.id] == nil ? changed(info) : []
  }

  package mutating func gone(_ gone: WireChannelGone) -> [ChatEvent] {
    fresh?[gone.channel] = nil
    reactions.forget(gone.channel)
    recentChanges[gone.channel] = nil
    let old = channels.removeValue(forKey: gone.channel)
    return [.channelRemoved(old?.label ?? gone.label)]
  }

  // MARK: Events

  /// - Parameter localID: the own unsent message that has this id, if any.
  package mutating func took(
    _ event: WireEvent, localID: (WireMessage) -> Int?
  ) -> [ChatEvent] {
    guard let key = key(of: event.channel) else { return [] }
    // The list of channels may be ahead of what is still being told.
    let isNews = event.position > (fresh?[event.channel] ?? channels[event.channel])?.position ?? 0
    if isNews { change(event.channel) { $0.position = event.position } }
    switch event.body {
    case .posted:
      guard let message = event.message else { return [] }
      let shown = ChatMessage(message, account: account)
      let told = ChatEvent.message(channel: key, shown, localID: localID(message))
      return [told] + count(message, in: event.channel, key)
    case .edited(let edited):
      remember(event)
      return [.edited(channel: key, sequence: Int(clamping: edited.sequence), text: edited.text)]
    case .deleted(let deleted):
      remember(event)
      if isNews { discount(deleted.sequence, in: event.channel) }
      return [.deleted(channel: key, sequence: Int(clamping: deleted.sequence))]
    case .reacted(let reacted):
      remember(event)
      reactions[event.channel, reacted.sequence].apply(reacted, by: event.by)
      let all = reactions[event.channel, reacted.sequence].map { Reaction($0, account: account) }
      return [.reactions(channel: key, sequence: Int(clamping: reacted.sequence), all)]
    default:
      return tookRoomEvent(event, key, isNews: isNews)
    }
  }

  private mutating func remember(_ event: WireEvent) {
    recentChanges[event.channel, default: []].append(event)
    if recentChanges[event.channel, default: []].count > Self.recentChangesMax {
      recentChanges[event.channel]?.removeFirst()
    }
  }

  private mutating func tookRoomEvent(
    _ event: WireEvent, _ key: String, isNews: Bool
  ) -> [ChatEvent] {
    var events: [ChatEvent] = []
    var key = key
    if case .renamed(let renamed) = event.body, isNews {
      events.append(.channelRenamed(from: key, to: "#" + renamed.name))
      key = "#" + renamed.name
      change(event.channel) { $0.label = key }
    }
    if case .closed = event.body, isNews, let info = channels[event.channel] {
      change(event.channel) { $0.closed = true }
      var summary = ChannelSummary(info)
      summary.isClosed = true
      events.append(.channel(summary))
    }
    // A conversation between two is not made; it begins with what is said.
    let isDirect = (channels[event.channel] ?? fresh?[event.channel])?.kind == .direct
    if !isDirect, let words = event.roomWords {
      events.append(.notice(Notice(.information, words), channel: key))
    }
    return events
  }

  /// The screen counts on its own, but not what was written, and so read, on another device.
  private mutating func count(
    _ message: WireMessage, in channel: UInt64, _ key: String
  ) -> [ChatEvent] {
    let isOwn = message.from == account
    let namesReader = message.mentions.contains(account)
    let hadUnread = (channels[channel]?.unread ?? 0) > 0
    change(channel) { info in
      guard message.sequence > info.sequence else { return }
      info.sequence = message.sequence
      if isOwn {
        (info.unread, info.mentions, info.readThrough) = (0, 0, message.sequence)
      } else if message.sequence > info.readThrough {
        info.unread += 1
        if namesReader { info.mentions += 1 }
      }
    }
    guard isOwn, hadUnread else { return [] }
    let read = Int(clamping: message.sequence)
    return [.unread(channel: key, unread: 0, mentions: 0, readThrough: read)]
  }

  /// Nobody has to read what is gone. Whether it named the reader only the server knows.
  private mutating func discount(_ sequence: UInt64, in channel: UInt64) {
    change(channel) { info in
      guard sequence > info.readThrough, info.unread > 0 else { return }
      info.unread -= 1
      info.mentions = min(info.mentions, info.unread)
    }
  }

  private mutating func change(_ channel: UInt64, _ body: (inout WireChannelInfo) -> Void) {
    if var info = channels[channel] {
      body(&info)
      channels[channel] = info
    }
    if var info = fresh?[channel] {
      body(&info)
      fresh?[channel] = info
    }
  }

  /// What a page tells is kept for the reactions that come later.
  package mutating func took(_ page: WireMessageList) -> [ChatMessage] {
    let later = (recentChanges[page.channel] ?? []).filter { $0.position > page.asOfPosition }
    return page.messages.map { message in
      var message = message
      for change in later { message.apply(change) }
      reactions[page.channel, message.sequence] = message.reactions
      return ChatMessage(message, account: account)
    }
  }

  // MARK: People

  package mutating func tookActive(_ people: [WirePresence]) -> [ChatEvent] {
    let here = Set(people.map(\.name))
    let left = active.keys.filter { !here.contains($0) }.sorted()
    for name in left { active[name] = nil }
    return left.map { .presence(name: $0, activeSince: nil) } + people.flatMap { took($0) }
  }

  package mutating func took(_ presence: WirePresence) -> [ChatEvent] {
    let since = presence.active ? WallTime(millisecondsSinceEpoch: presence.since) : nil
    guard active[presence.name] != since else { return [] }
    active[presence.name] = since
    return [.presence(name: presence.name, activeSince: since)]
  }
}

extension WireChannelInfo {
  fileprivate var listRank: Int {
    switch kind {
    case .lobby: 0
    case .direct: 2
    default: 1
    }
  }
}

extension WireEvent {
  /// What happened to a room or to who is in it; nil for everything else.
  package var roomWords: String? {
    let who = by.isEmpty ? "The server" : by
    switch body {
    case .memberJoined(let member):
      return member.name == by ? "\(who) joined." : "\(who) let \(member.name) in."
    case .memberLeft(let member):
      return member.name == by ? "\(who) left." : "\(who) removed \(member.name)."
    case .ownerChanged(let owner): return "\(owner.name) owns this room now."
    case .renamed(let renamed): return "\(who) named this room #\(renamed.name)."
    case .closed: return "\(who) closed this room. It can still be read."
    case .created(let created):
      let others = created.members.filter { $0 != by }
      guard !by.isEmpty else { return nil }
      return others.isEmpty
        ? "\(who) made this room." : "\(who) made this room with \(others.joined(separator: ", "))."
    case .meetingStarted: return "\(who) started a meeting: /meet joins it."
    case .meetingEnded(let ended):
      let words = ended.words
      return "\(words.prefix(1).uppercased())\(words.dropFirst())."
    default: return nil
    }
  }
}

extension WireMeetingEnded {
  /// "meeting ended, 12 min, ann ben", for a line of a room's history.
  package var words: String {
    let minutes = max(endedAt - startedAt, 0) / 60_000
    let hours = minutes / 60
    let length =
      minutes == 0
      ? "under a minute" : hours == 0 ? "\(minutes) min" : "\(hours) h \(minutes % 60) min"
    let names = attendances.prefix(Self.namesShownMax).map(\.name)
    let others = Int(count) - names.count
    let people = (names + (others > 0 ? ["and \(others) more"] : [])).joined(separator: " ")
    return "meeting ended, \(length), \(people)"
  }

  private static let namesShownMax = 20
}
