package import ConfabDomain

/// Computes the chain again, entry by entry.
///
/// Besides the chain it checks that each text is the one that its entry was written with, and that a
/// missing text belongs to a message that a later entry edits or deletes: emptying a text without
/// saying so shows too. The entries must end where the head was noted, for a chain that lost its last links fits
/// as well as a whole one.
package struct AuditVerifier: Sendable {
  private var chain = AuditChain.start
  private var brokenAt: UInt64?
  /// Where a text is missing, until the edit or deletion that explains it comes by: the first such
  /// entry of each message.
  private var missing: [MessagePlace: UInt64] = [:]
  private var deleted: Set<MessagePlace> = []

  package init() {}

  /// - Returns: what the entry says, for who checks more; nil when the chain is broken here or before.
  @discardableResult
  package mutating func check(_ stored: StoredEntry) -> DecodedEntry? {
    guard brokenAt == nil else { return nil }
    var next = chain
    next.extend(by: stored.payload)
    guard stored.entry == next.entry, stored.chain == next.value,
      let decoded = try? EventCodec.decodeWhole(stored.payload, entry: stored.entry, text: ""),
      stored.text?.hash == decoded.textHash
        || (stored.text == nil && decoded.event.textPlace != nil)
    else {
      brokenAt = next.entry
      return nil
    }
    explain(decoded.event.event.body)
    if stored.text == nil, let place = decoded.event.textPlace, !deleted.contains(place) {
      missing[place] = missing[place] ?? stored.entry
    }
    chain = next
    return decoded
  }

  /// - Parameter head: the chain's head as it was noted beside the entries; nil when it was not.
  package func verdict(head: AuditChain?) -> AuditVerdict {
    // A text that is gone without an edit or a deletion breaks at its entry, though the links fit.
    // Behind a broken link nobody can say whether one would have come.
    AuditVerdict(
      entries: chain.entry, brokenAt: brokenAt ?? missing.values.min() ?? brokenEnd(head),
      head: chain.value)
  }

  /// Where the entries and the noted head part: the first entry that is missing, or too many.
  private func brokenEnd(_ head: AuditChain?) -> UInt64? {
    guard let head, head != chain else { return nil }
    return head.entry == chain.entry ? chain.entry : min(head.entry, chain.entry) + 1
  }

  /// An edit and a deletion take away the text that a message had before them.
  private mutating func explain(_ body: Event.Body) {
    switch body {
    case .messageEdited(let channel, let sequence, _):
      missing[MessagePlace(channel: channel, sequence: sequence)] = nil
    case .messageDeleted(let channel, let sequence):
      let place = MessagePlace(channel: channel, sequence: sequence)
      deleted.insert(place)
      missing[place] = nil
    default: break
    }
  }
}

extension StampedEvent {
  /// The message that the event's text belongs to; nil when it has none.
  var textPlace: MessagePlace? {
    switch event.body {
    case .messagePosted(let channel, _):
      sequence.map { MessagePlace(channel: channel, sequence: $0) }
    case .messageEdited(let channel, let sequence, _):
      MessagePlace(channel: channel, sequence: sequence)
    default: nil
    }
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
