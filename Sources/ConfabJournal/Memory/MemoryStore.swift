package import ConfabDomain
import Primitives

/// A journal as a value: what tests compare with, and what a simulated disk holds.
///
/// Copies are cheap until one changes. The order of its dictionaries shows nowhere.
package struct MemoryStore: Sendable {
  private(set) var entries: [StoredEntry] = []
  private(set) var channels: [ChannelID: ChannelView] = [:]
  /// Which entry first used an id.
  private(set) var postings: [MessageID: UInt64] = [:]
  private(set) var snapshot: PlaceState?
  private(set) var chain = AuditChain.start
  /// Seeded, so that a simulation gives the same bytes each time. Nothing here outlives the process,
  /// so nobody can guess texts from its hashes.
  private var salts: SeededRandom

  /// What became of the events of one channel.
  struct ChannelView: Sendable {
    /// The entry of each position, from 1.
    var positions: [UInt64] = []
    /// By sequence, from 1.
    var messages: [Message] = []
  }

  struct Message: Sendable {
    var entry: UInt64
    /// The entry whose text is the message's now.
    var textEntry: UInt64
    var editedAt: WallTime?
    var isDeleted = false
    /// In the order of adding.
    var reactions: [Reaction] = []
  }

  struct Reaction: Hashable, Sendable {
    var emoji: String
    var account: AccountID
  }

  package init(seed: UInt64 = 0) {
    salts = SeededRandom(seed: seed)
  }

  package var newestEntry: UInt64 { chain.entry }

  /// All of the group, or none of it.
  package mutating func append(_ group: [StampedEvent]) throws(JournalError) {
    try Self.check(group, follows: newestEntry)
    for stamped in group { try append(stamped) }
  }

  package mutating func saveSnapshot(_ state: PlaceState) { snapshot = state }

  static func check(_ group: [StampedEvent], follows newest: UInt64) throws(JournalError) {
    for (offset, stamped) in group.enumerated() {
      let expected = newest + UInt64(offset) + 1
      guard stamped.entry == expected else {
        throw .other("entry \(stamped.entry) does not follow entry \(expected - 1)")
      }
    }
  }

  private mutating func append(_ stamped: StampedEvent) throws(JournalError) {
    var encoded = try EventCodec.encode(stamped, using: &salts)
    chain.extend(by: encoded.payload)
    if isEditOfDeleted(stamped.event.body) { encoded.text = nil }
    entries.append(
      StoredEntry(
        entry: stamped.entry, payload: encoded.payload, text: encoded.text, chain: chain.value))
    if let channel = stamped.event.body.channel, stamped.position != nil {
      channels[channel, default: ChannelView()].positions.append(stamped.entry)
    }
    apply(stamped)
  }

  private mutating func apply(_ stamped: StampedEvent) {
    switch stamped.event.body {
    case .messagePosted(let channel, let message):
      guard stamped.sequence != nil else { return }
      channels[channel, default: ChannelView()].messages.append(
        Message(entry: stamped.entry, textEntry: stamped.entry))
      if postings[message.id] == nil { postings[message.id] = stamped.entry }
    case .messageEdited(let channel, let sequence, _):
      guard let message = message(sequence, in: channel), !message.isDeleted else { return }
      entries[Int(message.textEntry) - 1].text = nil
      change(sequence, in: channel) { message in
        message.textEntry = stamped.entry
        message.editedAt = stamped.event.at
      }
    case .messageDeleted(let channel, let sequence):
      guard let message = message(sequence, in: channel) else { return }
      entries[Int(message.textEntry) - 1].text = nil
      change(sequence, in: channel) { $0.isDeleted = true }
    case .reactionAdded(let channel, let sequence, let emoji):
      guard let account = stamped.event.by else { return }
      change(sequence, in: channel) { message in
        let reaction = Reaction(emoji: emoji, account: account)
        if !message.reactions.contains(reaction) { message.reactions.append(reaction) }
      }
    case .reactionRemoved(let channel, let sequence, let emoji):
      guard let account = stamped.event.by else { return }
      change(sequence, in: channel) { message in
        message.reactions.removeAll { $0 == Reaction(emoji: emoji, account: account) }
      }
    default: break
    }
  }

  private func isEditOfDeleted(_ body: Event.Body) -> Bool {
    guard case .messageEdited(let channel, let sequence, _) = body else { return false }
    return message(sequence, in: channel)?.isDeleted ?? false
  }

  func message(_ sequence: UInt64, in channel: ChannelID) -> Message? {
    guard let view = channels[channel], sequence >= 1, sequence <= UInt64(view.messages.count)
    else { return nil }
    return view.messages[Int(sequence) - 1]
  }

  private mutating func change(
    _ sequence: UInt64, in channel: ChannelID, _ body: (inout Message) -> Void
  ) {
    guard message(sequence, in: channel) != nil else { return }
    body(&channels[channel, default: ChannelView()].messages[Int(sequence) - 1])
  }
}
