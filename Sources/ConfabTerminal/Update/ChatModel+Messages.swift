import Primitives

extension ChatModel {
  mutating func takeMessages(_ event: ChatEvent) -> [ChatIntent] {
    switch event {
    case .message(let key, let message, let localID):
      return arrived(message, in: ensureChannel(key), localID: localID)
    case .edited(let key, let sequence, let text):
      change(key, sequence) {
        $0.text = text
        $0.isEdited = true
      }
    case .deleted(let key, let sequence):
      discount(sequence, in: key)
      change(key, sequence) {
        $0.text = ""
        $0.isDeleted = true
      }
    case .reactions(let key, let sequence, let reactions):
      change(key, sequence) { $0.reactions = reactions }
    case .unsent(let key, let unsent):
      lastLocalID = max(lastLocalID, unsent.localID)
      channels[ensureChannel(key)].timeline.add(unsent)
    case .sent(let localID, let key, let sequence, let time):
      return confirmed(localID, in: key, sequence: sequence, at: time)
    case .sendFailed(let localID, let key, let reason):
      channels[ensureChannel(key)].timeline.failUnsent(localID, reason: reason)
    case .page(let key, let messages, let hasOlder):
      takePage(messages, in: ensureChannel(key), hasOlder: hasOlder)
    default: break
    }
    return []
  }

  private mutating func change(
    _ key: String, _ sequence: Int, _ body: (inout ChatMessage) -> Void
  ) {
    guard let index = index(of: key) else { return }
    channels[index].timeline.change(sequence, body)
  }

  /// What is gone needs no reading. When it is not here, whether it named the reader is not known.
  private mutating func discount(_ sequence: Int, in key: String) {
    guard let index = index(of: key), channels[index].summary.unread > 0,
      sequence > channels[index].summary.readThrough
    else { return }
    let message = channels[index].timeline.message(sequence)
    guard message?.isDeleted != true else { return }
    channels[index].summary.unread -= 1
    let mentions = channels[index].summary.mentions
    let named = message.map { Mention.isMentioned(account, in: $0.text) } ?? false
    channels[index].summary.mentions = min(
      named ? max(mentions - 1, 0) : mentions, channels[index].summary.unread)
  }

  private mutating func arrived(
    _ message: ChatMessage, in index: Int, localID: Int?
  ) -> [ChatIntent] {
    let last = channels[index].timeline.lastSequence
    if let localID { _ = channels[index].timeline.removeUnsent(localID) }
    let intents = closeGap(before: message.sequence, in: index)
    channels[index].timeline.insert(message)
    trim(index)
    let isNews = message.sequence > max(last ?? 0, channels[index].summary.readThrough)
    guard isNews, message.from != account else { return intents }
    let isNamed = Mention.isMentioned(account, in: message.text)
    let rings = index != currentIndex && calls(isNamed: isNamed, in: channels[index].summary)
    channels[index].summary.unread += 1
    if isNamed { channels[index].summary.mentions += 1 }
    return rings ? intents + [.ring] : intents
  }

  /// Whether a message is for the reader in person, and the first such since they looked.
  private func calls(isNamed: Bool, in summary: ChannelSummary) -> Bool {
    summary.kind == .direct ? summary.unread == 0 : isNamed && summary.mentions == 0
  }

  /// Numbers have no gaps, so where one shows, messages were missed: they are asked for.
  private mutating func closeGap(before sequence: Int, in index: Int) -> [ChatIntent] {
    guard let last = channels[index].timeline.lastSequence, sequence > last + 1 else { return [] }
    let missing = sequence - last - 1
    if missing > ChatLimits.historyPageMessages { channels[index].timeline.removeMessages() }
    let count = min(missing, ChatLimits.historyPageMessages)
    return [.loadOlder(channel: channels[index].summary.key, before: sequence, count: count)]
  }

  private mutating func confirmed(
    _ localID: Int, in key: String, sequence: Int, at time: WallTime
  ) -> [ChatIntent] {
    let index = ensureChannel(key)
    guard let unsent = channels[index].timeline.removeUnsent(localID),
      channels[index].timeline.message(sequence) == nil
    else { return [] }
    let intents = closeGap(before: sequence, in: index)
    channels[index].timeline.insert(
      ChatMessage(
        sequence: sequence, from: account, at: time, text: unsent.text, replyTo: unsent.replyTo))
    trim(index)
    return intents
  }

  private mutating func takePage(_ messages: [ChatMessage], in index: Int, hasOlder: Bool) {
    let first = messages.map(\.sequence).min()
    let known = channels[index].timeline.firstSequence
    if let first, let last = channels[index].timeline.lastSequence, first > last + 1 {
      channels[index].timeline.removeMessages()
    }
    channels[index].timeline.insertPage(messages)
    // A page from the middle says nothing of what lies before the first message here.
    if first == nil || known == nil || channels[index].timeline.firstSequence == first {
      channels[index].timeline.hasOlder = hasOlder
    }
    channels[index].isLoadingOlder = false
  }

  // MARK: Sending

  /// - Returns: nil when the text cannot be sent, which has been told.
  mutating func send(_ text: String, to key: String, replyTo: Int? = nil) -> [ChatIntent]? {
    let index = ensureChannel(key)
    guard text.contains(where: { !$0.isWhitespace }) else {
      tell(.error, "There is nothing to send.")
      return nil
    }
    guard text.utf8.count <= ChatLimits.messageBytesMax else {
      tell(
        .error,
        "This message has \(text.utf8.count) bytes; \(ChatLimits.messageBytesMax) is the most. "
          + "Send it in parts.")
      return nil
    }
    guard !channels[index].summary.isClosed else {
      tell(.error, "\(key) is closed: it can be read, but nothing more can be said in it.")
      return nil
    }
    guard channels[index].timeline.unsentCount < ChatLimits.unsentMessagesMax else {
      tell(.error, "Too many messages wait for the connection. Please wait for it to come back.")
      return nil
    }
    lastLocalID += 1
    channels[index].timeline.add(
      UnsentMessage(localID: lastLocalID, at: now.wall, text: text, replyTo: replyTo))
    channels[index].scroll = nil
    // Who answers has seen what was new.
    channels[index].newAfter = nil
    return [
      .send(
        localID: lastLocalID, channel: channels[index].summary.key, text: text, replyTo: replyTo)
    ]
  }
}
