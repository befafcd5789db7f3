package import ConfabDomain
import Primitives

extension MemoryStore {
  package func loadState() throws(JournalError) -> PlaceState {
    var state = snapshot ?? PlaceState()
    var chain = AuditChain.start
    if state.entry > newestEntry { state = PlaceState() }
    if state.entry > 0 {
      chain = AuditChain(entry: state.entry, value: entries[Int(state.entry) - 1].chain)
    }
    for stored in entries.dropFirst(Int(state.entry)) {
      try Replay.take(stored, into: &state, chain: &chain)
    }
    return state
  }

  package func messages(_ query: MessageQuery) throws(JournalError) -> MessagePage {
    let limit = query.limit.clampedToPage
    let newest = UInt64(channels[query.channel]?.messages.count ?? 0)
    var after = query.visibility.afterSequence
    var through = newest
    var newestFirst = false
    switch query.bound {
    case .newest: newestFirst = true
    case .beforeSequence(let sequence):
      newestFirst = true
      through = min(newest, max(sequence, 1) - 1)
    case .sinceSequence(let sequence): after = max(after, sequence)
    case .sinceTime(let time):
      let last = try lastNumber(through: newest) { sequence throws(JournalError) in
        try record(sequence, in: query.channel).map { $0.at <= time } ?? true
      }
      after = max(after, last)
    }
    let count = through > after ? through - after : 0
    let page = min(count, UInt64(limit))
    // Before the first of the page; `after` may be the greatest number there is.
    let before = newestFirst ? through - page : after
    var messages: [MessageRecord] = []
    for offset in 0..<page {
      let message = try record(before + offset + 1, in: query.channel)
      if let message { messages.append(message) }
    }
    return MessagePage(
      messages: messages, more: count > page,
      asOfPosition: UInt64(channels[query.channel]?.positions.count ?? 0))
  }

  package func events(_ query: EventQuery) throws(JournalError) -> EventPage {
    let limit = query.limit.clampedToPage
    let all = channels[query.channel]?.positions ?? []
    let rest = all.dropFirst(Int(clamping: query.afterPosition))
    var events: [StampedEvent] = []
    for entry in rest.prefix(limit) { events.append(try event(of: entry)) }
    return EventPage(events: events, more: rest.count > limit)
  }

  /// An event with its text; one whose text an edit took away tells the text as it is now.
  private func event(of entry: UInt64) throws(JournalError) -> StampedEvent {
    var stored = entries[Int(entry) - 1]
    if stored.text == nil, let place = try stored.decoded().textPlace,
      let message = message(place.sequence, in: place.channel)
    {
      stored.text = entries[Int(message.textEntry) - 1].text
    }
    return try stored.decoded()
  }

  package func search(_ query: SearchQuery) throws(JournalError) -> [SearchHit] {
    let phrases = try SearchTerms(query.words).terms.map { Phrase($0) }
    let limit = query.limit.clampedToPage
    var hits: [SearchHit] = []
    for stored in entries.reversed() where hits.count < limit {
      guard let place = StoredMessage(try stored.decoded()),
        let part = query.scope.first(where: { $0.channel == place.channel }),
        place.sequence > part.visibility.afterSequence,
        let message = try record(place.sequence, in: place.channel)
      else { continue }
      if message.isDeleted { continue }
      let words = Words(message.text)
      guard phrases.allSatisfy({ !$0.matches(in: words).isEmpty }) else { continue }
      hits.append(
        SearchHit(message: message, snippet: Snippet.make(of: message.text, for: phrases)))
    }
    return hits
  }

  package func facts(
    of sequence: UInt64, in channel: ChannelID
  ) throws(JournalError) -> MessageFacts? {
    try record(sequence, in: channel).map {
      MessageFacts(author: $0.author, isDeleted: $0.isDeleted, reactions: $0.reactions)
    }
  }

  package func storedMessage(_ id: MessageID) throws(JournalError) -> StoredMessage? {
    guard let entry = postings[id] else { return nil }
    return StoredMessage(try entries[Int(entry) - 1].decoded())
  }

  package func audit(_ query: AuditQuery) throws(JournalError) -> AuditPage {
    let limit = query.limit.clampedToPage
    var records: [AuditRecord] = []
    let edge = Int(clamping: query.afterEntry)
    let asked =
      query.newestFirst
      ? Array(entries.prefix(edge == 0 ? entries.count : edge - 1).reversed())
      : Array(entries.dropFirst(edge))
    for stored in asked where records.count <= limit {
      let event = try EventCodec.decode(stored.payload, entry: stored.entry, text: "")
      if let since = query.since, event.event.at <= since { continue }
      records.append(AuditRecord(event: event, chain: stored.chain))
    }
    let more = records.count > limit
    if more { records.removeLast() }
    return AuditPage(records: records, more: more)
  }

  package func verifyAudit() -> AuditVerdict {
    var verifier = AuditVerifier()
    for stored in entries { verifier.check(stored) }
    return verifier.verdict(head: chain)
  }

  /// A message as it is now.
  private func record(
    _ sequence: UInt64, in channel: ChannelID
  ) throws(JournalError) -> MessageRecord? {
    guard let message = message(sequence, in: channel) else { return nil }
    var reactions: [MessageRecord.Reaction] = []
    for reaction in message.reactions { reactions.add(reaction.emoji, by: reaction.account) }
    return MessageRecord(
      try entries[Int(message.entry) - 1].decoded(),
      text: entries[Int(message.textEntry) - 1].text?.text ?? "", editedAt: message.editedAt,
      isDeleted: message.isDeleted, reactions: reactions)
  }
}
