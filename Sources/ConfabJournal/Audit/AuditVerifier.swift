package import ConfabDomain

/// Computes the chain again, entry by entry.
///
/// Besides the chain it checks that each text is the one that its entry was written with, and that a
/// missing text belongs to a message that a later entry deletes: emptying a text without saying so
/// shows too. The entries must end where the head was noted, for a chain that lost its last links fits
/// as well as a whole one.
package struct AuditVerifier: Sendable {
  private var chain = AuditChain.start
  private var brokenAt: UInt64?
  /// Where a text is missing, until the deletion that explains it comes by: the first such entry of
  /// each message.
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
      stored.text?.hash == decoded.textHash || checkMissing(stored, decoded.event)
    else {
      brokenAt = next.entry
      return nil
    }
    if case .messageDeleted(let channel, let sequence) = decoded.event.event.body {
      let place = MessagePlace(channel: channel, sequence: sequence)
      deleted.insert(place)
      missing[place] = nil
    }
    chain = next
    return decoded
  }

  /// - Parameter head: the chain's head as it was noted beside the entries; nil when it was not.
  package func verdict(head: AuditChain?) -> AuditVerdict {
    // A text that is gone without a deletion breaks at its entry, though the links fit. Behind a
    // broken link nobody can say whether a deletion would have come.
    AuditVerdict(
      entries: chain.entry, brokenAt: brokenAt ?? missing.values.min() ?? brokenEnd(head),
      head: chain.value)
  }

  /// Where the entries and the noted head part: the first entry that is missing, or too many.
  private func brokenEnd(_ head: AuditChain?) -> UInt64? {
    guard let head, head != chain else { return nil }
    return head.entry == chain.entry ? chain.entry : min(head.entry, chain.entry) + 1
  }

  /// Whether a text is rightly gone, or may turn out to be.
  private mutating func checkMissing(_ stored: StoredEntry, _ stamped: StampedEvent) -> Bool {
    guard stored.text == nil, let place = Self.place(of: stamped) else { return false }
    if !deleted.contains(place) {
      missing[place] = min(missing[place] ?? stored.entry, stored.entry)
    }
    return true
  }

  /// The message that an entry's text belongs to.
  private static func place(of stamped: StampedEvent) -> MessagePlace? {
    switch stamped.event.body {
    case .messagePosted(let channel, _):
      stamped.sequence.map { MessagePlace(channel: channel, sequence: $0) }
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
