package import ConfabTerminal
package import Primitives

/// The chat line by line, for pipes, dumb terminals and screen readers: everything is told once, in
/// the order in which it comes.
package struct PlainModel: Sendable {
  package enum Line: Hashable, Sendable {
    /// What the person asked for or others said.
    case output(String)
    /// What did not work.
    case error(String)
    /// How it stands, for who looks.
    case remark(String)
  }

  package enum Failure: Hashable, Sendable {
    /// A line was no command.
    case usage
    /// The server, or the state of things, did not allow it.
    case refused
  }

  /// A message of one's own until it was printed.
  private struct Own: Sendable {
    var key: String
    var text: String
    /// What will be printed if it is not heard, once the server has it.
    var unheard: (sequence: Int, line: String)?
  }

  private struct Channel: Sendable {
    var summary: ChannelSummary
    /// The newest message that was printed or need not be.
    var printedThrough = 0
    /// The oldest message that was printed: `/history` goes on from there.
    var printedFrom: Int?
    var isLoadingOlder = false
  }

  package let account: String
  /// What is typed goes there.
  package private(set) var currentKey: String
  /// Lines that came of the events and commands since they were last taken.
  package private(set) var lines: [Line] = []
  package private(set) var hasChannels = false
  /// The first thing that did not work.
  package private(set) var failure: Failure?

  private let zone: LocalZone
  /// Somebody can answer, so that leaving files on their way is asked about.
  private let asksBeforeLeaving: Bool
  private var transfers: [TransferLine] = []
  private var hasWarnedOfTransfers = false
  private let text: PlainText
  private var channels: [Channel] = []
  private var isConnected = false
  private var lastLocalID = 0
  private var own: [Int: Own] = [:]

  package init(
    account: String, channel: String, zone: LocalZone, asksBeforeLeaving: Bool = false
  ) {
    self.account = account
    self.zone = zone
    self.asksBeforeLeaving = asksBeforeLeaving
    currentKey = channel
    text = PlainText(zone: zone)
  }

  package mutating func takeLines() -> [Line] {
    defer { lines = [] }
    return lines
  }

  /// Own messages that the server has and that were not heard yet, as lines.
  package mutating func takeUnheard() -> [String] {
    defer { own = [:] }
    return own.sorted { $0.key < $1.key }.compactMap(\.value.unheard?.line)
  }

  // MARK: Commands

  /// Takes in a line as typed. What cannot be carried out is told.
  package mutating func enter(_ line: String) -> [ChatIntent] {
    guard line.contains(where: { !$0.isWhitespace }) else { return [] }
    do {
      return perform(try ChatCommand.parse(line, offsetSeconds: zone.offsetShowing))
    } catch {
      fail(error.description, .usage)
      return []
    }
  }

  private mutating func perform(_ command: ChatCommand) -> [ChatIntent] {
    switch command {
    case .say(let text): return say(text, in: currentKey)
    case .reply(let sequence, let text): return say(text, in: currentKey, replyTo: sequence)
    case .message(let person, let text):
      let intents = show(person)
      return text.map { intents + say($0, in: person) } ?? intents
    case .edit(let sequence, let text):
      return [.edit(channel: currentKey, sequence: sequence, text: text)]
    case .delete(let sequence): return [.delete(channel: currentKey, sequence: sequence)]
    case .react(let sequence, let emoji):
      return [.react(channel: currentKey, sequence: sequence, emoji: emoji)]
    case .history(let count): return loadOlder(count)
    case .unread: tellUnread()
    case .help(let name): help(about: name)
    case .quit: return leave(.quit)
    case .classic(.signOut): return leave(.signOut)
    default: return [.command(command, channel: currentKey)]
    }
    return []
  }

  private mutating func say(_ text: String, in key: String, replyTo: Int? = nil) -> [ChatIntent] {
    guard text.utf8.count <= ChatLimits.messageBytesMax else {
      fail(
        "This message has \(text.utf8.count) bytes; \(ChatLimits.messageBytesMax) is the most. "
          + "Send it in parts.", .usage)
      return []
    }
    if let index = index(of: key), channels[index].summary.isClosed {
      fail("\(key) is closed: it can be read, but nothing more can be said in it.")
      return []
    }
    lastLocalID += 1
    own[lastLocalID] = Own(key: key, text: text)
    return [.send(localID: lastLocalID, channel: key, text: text, replyTo: replyTo)]
  }

  private mutating func loadOlder(_ count: Int) -> [ChatIntent] {
    let index = ensureChannel(currentKey)
    channels[index].isLoadingOlder = true
    let before = channels[index].printedFrom ?? .max
    return [.loadOlder(channel: currentKey, before: before, count: count)]
  }

  private mutating func tellUnread() {
    let unread = channels.map(\.summary).filter { $0.unread > 0 && $0.key != currentKey }
    for summary in unread {
      let mentions = summary.mentions > 0 ? ", \(summary.mentions) with your name" : ""
      lines.append(.output("\(summary.key) \(summary.unread) unread\(mentions)"))
    }
    if unread.isEmpty { lines.append(.output("Nothing is unread.")) }
  }

  private mutating func help(about name: String?) {
    guard let found = name.map({ ChatHelp.lines(about: $0) }) ?? ChatHelp.commands else {
      return fail("There is no command \(name ?? ""). /help lists them all.", .usage)
    }
    for line in found { lines.append(.output(line.text.trimmedEnd)) }
  }

  /// While files are on their way only when it is said twice.
  private mutating func leave(_ intent: ChatIntent) -> [ChatIntent] {
    guard asksBeforeLeaving, !hasWarnedOfTransfers, let warning = transfers.leavingWarning else {
      return [intent]
    }
    hasWarnedOfTransfers = true
    lines.append(.output("* " + warning))
    return []
  }

  private mutating func take(_ transfers: [TransferLine]) {
    self.transfers = transfers
    if !transfers.contains(where: \.isRunning) { hasWarnedOfTransfers = false }
  }

  private mutating func fail(_ words: String, _ kind: Failure = .refused) {
    failure = failure ?? kind
    lines.append(.error(words))
  }

  // MARK: Events

  package mutating func update(_ event: ChatEvent, at now: WallTime) -> [ChatIntent] {
    switch event {
    case .connection(let state): take(state, at: now)
    case .channels(let summaries): return take(summaries)
    case .channel(let summary): channels[ensureChannel(summary.key)].summary = summary
    case .channelRenamed(let old, let new): rename(old, to: new)
    case .channelRemoved(let key): remove(key)
    case .unread(let key, let unread, let mentions, let readThrough):
      let index = ensureChannel(key)
      channels[index].summary.unread = unread
      channels[index].summary.mentions = mentions
      channels[index].summary.readThrough = readThrough
    case .show(let key): return show(key)
    case .notice(let notice, let key): take(notice, key)
    case .remark(let notice): take(notice, nil)
    case .transfers(let lines): take(lines)
    case .searchResults(let words, let hits): take(hits, words)
    default: return takeMessages(event, at: now)
    }
    return []
  }

  private mutating func takeMessages(_ event: ChatEvent, at now: WallTime) -> [ChatIntent] {
    switch event {
    case .message(let key, let message, let localID):
      forgetOwn(message, in: key, localID)
      return take([message], in: key, at: now)
    case .page(let key, let messages, _): return takePage(messages, in: key, at: now)
    case .sent(let localID, let key, let sequence, let time):
      guard let text = own[localID]?.text else { break }
      let message = ChatMessage(sequence: sequence, from: account, at: time, text: text)
      let line = self.text.line(message, in: key, now: now)
      guard channels[ensureChannel(key)].printedThrough < sequence else {
        own[localID] = nil
        break
      }
      own[localID]?.key = key
      own[localID]?.unheard = (sequence, line)
    case .sendFailed(let localID, let key, let reason):
      own[localID] = nil
      fail("Not sent to \(key): \(reason)")
    case .unsent(let key, let unsent):
      lastLocalID = max(lastLocalID, unsent.localID)
      own[unsent.localID] = Own(key: key, text: unsent.text)
    case .edited(let key, let sequence, let text):
      lines.append(.output("\(key) \(sequence) is now: \(text.shownOnOneLine)"))
    case .deleted(let key, let sequence):
      discount(sequence, in: ensureChannel(key))
      lines.append(.output("\(key) \(sequence) was deleted"))
    case .reactions(let key, let sequence, let reactions):
      let all = reactions.map { "\($0.emoji.shownOnOneLine) \($0.count)" }.joined(separator: ", ")
      lines.append(.output("\(key) \(sequence) has \(all.isEmpty ? "no reactions" : all)"))
    default: break
    }
    return []
  }

  /// What is gone needs no reading.
  private mutating func discount(_ sequence: Int, in index: Int) {
    let summary = channels[index].summary
    guard sequence > summary.readThrough, summary.unread > 0 else { return }
    channels[index].summary.unread -= 1
    channels[index].summary.mentions = min(summary.mentions, summary.unread - 1)
  }

  /// It is being printed, so nothing is owed for it.
  private mutating func forgetOwn(_ message: ChatMessage, in key: String, _ localID: Int?) {
    guard message.from == account else { return }
    let found =
      localID
      ?? own.first { $0.value.key == key && $0.value.unheard?.sequence == message.sequence }?.key
    if let found { own[found] = nil }
  }

  private mutating func take(_ state: ConnectionState, at now: WallTime) {
    isConnected = state == .connected
    switch state {
    case .connecting: break
    case .connected: lines.append(.remark("Connected."))
    case .lost: lines.append(.remark("The connection is lost. Trying again…"))
    case .refused: break
    }
  }

  private mutating func take(_ summaries: [ChannelSummary]) -> [ChatIntent] {
    let known = channels
    channels = summaries.map { summary in
      var channel = known.first { $0.summary.key == summary.key } ?? Channel(summary: summary)
      channel.summary = summary
      return channel
    }
    defer { hasChannels = true }
    if index(of: currentKey) == nil, currentKey.hasPrefix("#") {
      // What is typed must not go anywhere else than where it was meant.
      fail("You are not in \(currentKey). /join \(currentKey) enters it if it is public.")
      return []
    }
    return [.open(channel: currentKey)]
  }

  private mutating func show(_ key: String) -> [ChatIntent] {
    let index = ensureChannel(key)
    currentKey = channels[index].summary.key
    lines.append(.remark("You are in \(currentKey) now."))
    return [.open(channel: currentKey)]
  }

  private mutating func rename(_ old: String, to new: String) {
    guard let index = index(of: old) else { return }
    if currentKey == channels[index].summary.key { currentKey = new }
    channels[index].summary.key = new
  }

  private mutating func remove(_ key: String) {
    channels.removeAll { $0.summary.key == key }
    lines.append(.output("* You are no longer in \(key)."))
    if currentKey == key { currentKey = "#lobby" }
  }

  private mutating func take(_ notice: Notice, _ key: String?) {
    let words = notice.lines.map(\.text.trimmedEnd)
    switch notice.kind {
    case .error: fail(words.joined(separator: " "))
    case .output: lines += words.map { .output($0) }
    case .information: lines += words.map { .output((key.map { $0 + " " } ?? "") + "* " + $0) }
    }
  }

  private mutating func take(_ hits: [SearchHit], _ words: String) {
    if hits.isEmpty { lines.append(.output("* Nothing found for \(words.shownOnOneLine)")) }
    lines += hits.map { .output(text.line($0)) }
  }

  // MARK: Messages

  /// Messages that are news, in order.
  private mutating func take(
    _ messages: [ChatMessage], in key: String, at now: WallTime
  ) -> [ChatIntent] {
    let index = ensureChannel(key)
    let isCurrent = channels[index].summary.key == currentKey
    for message in messages where message.sequence > channels[index].printedThrough {
      print(message, in: index, at: now)
      channels[index].printedThrough = message.sequence
      guard message.from != account, !isCurrent,
        message.sequence > channels[index].summary.readThrough
      else { continue }
      channels[index].summary.unread += 1
    }
    let last = channels[index].printedThrough
    guard isCurrent, isConnected, last > channels[index].summary.readThrough else { return [] }
    channels[index].summary.readThrough = last
    (channels[index].summary.unread, channels[index].summary.mentions) = (0, 0)
    return [.markRead(channel: currentKey, through: last)]
  }

  /// Of what is asked for on opening a channel only the unread part is news.
  private mutating func takePage(
    _ messages: [ChatMessage], in key: String, at now: WallTime
  ) -> [ChatIntent] {
    let index = ensureChannel(key)
    let sorted = messages.sorted { $0.sequence < $1.sequence }
    guard channels[index].isLoadingOlder else {
      let read = channels[index].summary.readThrough
      channels[index].printedThrough = max(channels[index].printedThrough, read)
      return take(sorted, in: key, at: now)
    }
    channels[index].isLoadingOlder = false
    for message in sorted { print(message, in: index, at: now) }
    if sorted.isEmpty { lines.append(.output("* This is the beginning of \(key).")) }
    return []
  }

  private mutating func print(_ message: ChatMessage, in index: Int, at now: WallTime) {
    lines.append(.output(text.line(message, in: channels[index].summary.key, now: now)))
    channels[index].printedFrom = min(channels[index].printedFrom ?? .max, message.sequence)
  }

  // MARK: Channels

  private func index(of key: String) -> Int? {
    channels.firstIndex { $0.summary.key.lowercased() == key.lowercased() }
  }

  private mutating func ensureChannel(_ key: String) -> Int {
    if let index = index(of: key) { return index }
    let kind: ChannelSummary.Kind = key.hasPrefix("@") ? .direct : .privateRoom
    channels.append(Channel(summary: ChannelSummary(key: key, kind: kind)))
    return channels.count - 1
  }
}
