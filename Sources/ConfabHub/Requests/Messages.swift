import ConfabDomain
import OrderedCollections
import Primitives

// Saying things and reading them.
extension Hub {
  mutating func routeMessages(_ request: Request, _ caller: Caller) throws(Rejection) {
    switch request {
    case .send(let outgoing): try send(caller, outgoing)
    case .edit(let channel, let sequence, let text):
      let command = EditMessage(channel: channel, sequence: sequence, text: text, facts: nil)
      try change(caller, channel, sequence, .edit(command))
    case .delete(let channel, let sequence):
      let command = DeleteMessage(channel: channel, sequence: sequence, facts: nil)
      try change(caller, channel, sequence, .delete(command))
    case .react(let channel, let sequence, let emoji, let remove):
      let command = ReactToMessage(
        channel: channel, sequence: sequence, emoji: emoji, remove: remove, facts: nil)
      try change(caller, channel, sequence, .react(command))
    case .markRead(let channel, let sequence):
      try execute(MarkRead(channel: channel, sequence: sequence), by: try actor(caller))
      reply(caller, .done)
    case .readMessages(let channel, let bound, let limit):
      try readMessages(caller, channel, bound, limit)
    case .readEvents(let channel, let after, let limit):
      try readEvents(caller, channel, after, limit)
    case .search(let words, let channel, let limit):
      try search(caller, words, channel, limit)
    default: break
    }
  }

  // MARK: - Sending

  private mutating func send(_ caller: Caller, _ outgoing: Outgoing) throws(Rejection) {
    let author = try state.person(try actor(caller)).id
    if let stored = recentMessages[outgoing.id] {
      return replySent(caller, try own(stored, of: author))
    }
    guard outgoing.isRetry else { return try post(caller, outgoing, author) }
    // It may have been stored longer ago than memory reaches.
    let ticket = ask(.send(caller, outgoing))
    hold(.lookUp(ticket, .stored(outgoing.id)))
  }

  private func own(
    _ stored: StoredMessage, of author: AccountID
  ) throws(Rejection) -> StoredMessage {
    guard stored.author == author else {
      throw Rejection(.messageIDTaken, "This message id was used by somebody else.")
    }
    return stored
  }

  private mutating func post(
    _ caller: Caller, _ outgoing: Outgoing, _ author: AccountID
  ) throws(Rejection) {
    let command = SendMessage(
      channel: outgoing.channel, id: outgoing.id, text: outgoing.text, replyTo: outgoing.replyTo)
    let events = try execute(command, by: .account(author))
    guard let posted = events.last, let channel = posted.event.body.channel,
      let sequence = posted.sequence, let position = posted.position
    else { return }
    let stored = StoredMessage(
      channel: channel, author: author, sequence: sequence, position: position,
      at: posted.event.at)
    recentMessages.insert(outgoing.id, stored, entry: posted.entry)
    replySent(caller, stored)
  }

  private mutating func replySent(_ caller: Caller, _ stored: StoredMessage) {
    let label =
      state.channels[stored.channel].map { state.label(of: $0, for: stored.author) } ?? ""
    reply(
      caller,
      .sent(
        SentView(
          channel: stored.channel, label: label, sequence: stored.sequence,
          position: stored.position, at: stored.at)))
    log(caller, "sent a message", "\(label) \(stored.sequence)")
  }

  mutating func lookedUp(_ ticket: Ticket, _ answer: LookUpAnswer) {
    switch (questions.removeValue(forKey: ticket), answer) {
    case (.send(let caller, let outgoing), .stored(let stored)):
      finishing(caller) { (hub: inout Hub) throws(Rejection) in
        let author = try hub.state.person(try hub.actor(caller)).id
        // A twin on another connection may have been quicker.
        if let stored = hub.recentMessages[outgoing.id] ?? stored {
          hub.replySent(caller, try hub.own(stored, of: author))
        } else {
          try hub.post(caller, outgoing, author)
        }
      }
    case (.send(let caller, _), _): refuse(caller, Self.journalUnreadable)
    case (.change(let key), .facts(let facts)): decideChange(key, facts)
    case (.change(let key), _): refuseChange(key)
    default: break
    }
    flushAfterReply()
  }

  static let journalUnreadable = Rejection(
    .internalError, "The server cannot read its journal. Try again.")

  mutating func finishing(
    _ caller: Caller, _ body: (inout Hub) throws(Rejection) -> Void
  ) {
    do throws(Rejection) {
      try body(&self)
    } catch {
      refuse(caller, error)
    }
  }

  // MARK: - Reading

  private mutating func readMessages(
    _ caller: Caller, _ reference: ChannelReference, _ bound: MessageQuery.Bound, _ limit: Int
  ) throws(Rejection) {
    let actor = try actor(caller)
    var channel = ChannelID.none
    var visibility = Visibility.everything
    var label = ""
    if case .newDirect(let other) = try state.target(reference, for: actor) {
      // Nothing was said yet, which is no error: an empty page.
      label = "@\(state.name(of: other))"
    } else {
      let (found, visible) = try readable(reference, by: actor)
      (channel, visibility) = (found.id, visible)
      label = state.label(of: found, for: actor.account)
    }
    let query = MessageQuery(
      channel: channel, visibility: visibility, bound: bound, limit: Self.page(limit))
    hold(
      .read(
        caller.connection, request: caller.request, .messages(query, label: label)))
    log(caller, "read messages", label)
  }

  private mutating func readEvents(
    _ caller: Caller, _ channel: ChannelID, _ after: UInt64, _ limit: Int
  ) throws(Rejection) {
    let (found, visibility) = try readable(.id(channel), by: try actor(caller))
    let query = EventQuery(
      channel: found.id, afterPosition: max(after, visibility.afterPosition),
      limit: Self.page(limit))
    hold(.read(caller.connection, request: caller.request, .events(query)))
  }

  private mutating func search(
    _ caller: Caller, _ words: String, _ reference: ChannelReference?, _ limit: Int
  ) throws(Rejection) {
    let actor = try actor(caller)
    let reader = try state.person(actor)
    var scope: [SearchQuery.Scope] = []
    if let reference {
      if case .channel = try state.target(reference, for: actor) {
        let (channel, visibility) = try readable(reference, by: actor)
        scope = [SearchQuery.Scope(channel: channel.id, visibility: visibility)]
      }
    } else {
      for channel in state.channels.values {
        guard let visibility = channel.visibility(for: reader) else { continue }
        scope.append(
          SearchQuery.Scope(
            channel: channel.id, visibility: seen(visibility, in: channel, by: reader.id)))
      }
    }
    let query = SearchQuery(words: words, scope: scope, limit: Self.page(limit))
    hold(
      .read(
        caller.connection, request: caller.request, .search(query, reader: reader.id)))
    log(caller, "searched")
  }

  static func page(_ limit: Int) -> Int {
    limit <= 0 ? Limits.pageRecordsMax : min(limit, Limits.pageRecordsMax)
  }
}
