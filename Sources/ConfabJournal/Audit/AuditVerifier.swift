package import ConfabDomain

/// Computes the chain again, entry by entry.
///
/// Besides the chain it checks that each text is the one that its entry was written with, and that a
/// missing text belongs to a message that a later entry deletes: emptying a text without saying so
/// shows too.
package struct AuditVerifier: Sendable {
  private var chain = AuditChain.start
  private var brokenAt: UInt64?
  /// Where a text is missing, until the deletion that explains it comes by: the first such entry of
  /// each message.
  private var missing: [MessagePlace: UInt64] = [:]
  private var deleted: Set<MessagePlace> = []

  package init() {}

  /// Whether an entry broke the chain; looking further tells nothing.
  package var isBroken: Bool { brokenAt != nil }

  package mutating func check(_ stored: StoredEntry) {
    guard brokenAt == nil else { return }
    var next = chain
    next.extend(by: stored.payload)
    guard stored.entry == next.entry, stored.chain == next.value, (try? checkText(stored)) == true
    else {
      brokenAt = next.entry
      return
    }
    chain = next
  }

  package func verdict() -> AuditVerdict {
    // A text that is gone without a deletion breaks at its entry, though the links fit. Behind a
    // broken link nobody can say whether a deletion would have come.
    AuditVerdict(
      entries: chain.entry, brokenAt: brokenAt ?? missing.values.min(), head: chain.value)
  }

  private mutating func checkText(_ stored: StoredEntry) throws -> Bool {
    let event = try stored.decoded()
    switch event.event.body {
    case .messagePosted(let channel, _):
      return try checkText(
        stored, of: event.sequence.map { MessagePlace(channel: channel, sequence: $0) })
    case .messageEdited(let channel, let sequence, _):
      return try checkText(stored, of: MessagePlace(channel: channel, sequence: sequence))
    case .messageDeleted(let channel, let sequence):
      let place = MessagePlace(channel: channel, sequence: sequence)
      deleted.insert(place)
      missing[place] = nil
      return true
    default:
      return stored.text == nil
    }
  }

  private mutating func checkText(_ stored: StoredEntry, of place: MessagePlace?) throws -> Bool {
    if let text = stored.text {
      return try EventCodec.textHash(stored.payload, entry: stored.entry) == text.hash
    }
    guard let place else { return false }
    if !deleted.contains(place) {
      missing[place] = min(missing[place] ?? stored.entry, stored.entry)
    }
    return true
  }
}

/// What names a message for people: its channel and its number there.
package struct MessagePlace: Hashable, Sendable {
  package var channel: ChannelID
  package var sequence: UInt64

  package init(channel: ChannelID, sequence: UInt64) {
    self.channel = channel
    self.sequence = sequence
  }
}
