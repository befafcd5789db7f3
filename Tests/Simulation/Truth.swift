import ConfabDomain
import ConfabWire
import OrderedCollections
import Primitives

/// What is on the disk, kept beside the server by somebody who does not trust it.
struct Truth {
  private(set) var state = PlaceState()
  private(set) var entries: [StampedEvent] = []
  /// The entries of each position of a channel, from 1.
  private var channels: OrderedDictionary<ChannelID, [Int]> = [:]
  private var postings: [MessageID: Int] = [:]
  private var messages: [Place: Message] = [:]
  private var stays: [Membership: [ClosedRange<UInt64>]] = [:]

  struct Place: Hashable {
    var channel: ChannelID
    var sequence: UInt64
  }

  private struct Message {
    var texts: [String]
    var isDeleted = false
    var reactions: Set<Reaction> = []
  }

  private struct Reaction: Hashable {
    var emoji: String
    var account: AccountID?
  }

  private struct Membership: Hashable {
    var channel: ChannelID
    var account: AccountID
  }
}

// What reaches the disk must make sense.
extension Truth {
  mutating func take(_ stamped: StampedEvent) throws(Violation) {
    guard stamped.entry == UInt64(entries.count) + 1 else {
      throw Violation("entry \(stamped.entry) follows entry \(entries.count)")
    }
    let before = stamped.event.body.channel.flatMap { state.channels[$0]?.lastEventAt }
    guard state.apply(stamped.event) == stamped else {
      throw Violation("entry \(stamped.entry) counts otherwise than its event: \(stamped)")
    }
    if let before, stamped.event.at < before { throw Violation("time runs backwards: \(stamped)") }
    entries.append(stamped)
    guard let channel = stamped.event.body.channel else { return }
    guard let position = stamped.position else {
      throw Violation("an event of a channel without a position: \(stamped)")
    }
    channels[channel, default: []].append(entries.count - 1)
    guard position == UInt64(channels[channel]?.count ?? 0) else {
      throw Violation("position \(position) of channel \(channel) leaves a gap")
    }
    noteStays(stamped, position)
    try noteMessages(stamped)
  }

  private mutating func noteStays(_ stamped: StampedEvent, _ position: UInt64) {
    switch stamped.event.body {
    case .channelCreated(let new):
      for account in new.members {
        stays[Membership(channel: new.id, account: account)] = [1...UInt64.max]
      }
    case .memberJoined(let channel, let account):
      let key = Membership(channel: channel, account: account)
      stays[key, default: []].append(position...UInt64.max)
    case .memberLeft(let channel, let account):
      let key = Membership(channel: channel, account: account)
      guard let last = stays[key]?.popLast() else { return }
      stays[key]?.append(last.lowerBound...position)
    default: break
    }
  }

  private mutating func noteMessages(_ stamped: StampedEvent) throws(Violation) {
    switch stamped.event.body {
    case .messagePosted(let channel, let message):
      guard postings.updateValue(entries.count - 1, forKey: message.id) == nil else {
        throw Violation("message \(message.id) was stored twice")
      }
      let place = Place(channel: channel, sequence: stamped.sequence ?? 0)
      guard messages.updateValue(Message(texts: [message.text]), forKey: place) == nil else {
        throw Violation("sequence \(place.sequence) was given twice in channel \(channel)")
      }
      guard
        place.sequence == 1
          || messages[Place(channel: channel, sequence: place.sequence - 1)] != nil
      else { throw Violation("sequence \(place.sequence) of channel \(channel) leaves a gap") }
    case .messageEdited(let channel, let sequence, let text):
      try change(channel, sequence) { $0.texts.append(text) }
    case .messageDeleted(let channel, let sequence):
      try change(channel, sequence) { $0.isDeleted = true }
    case .reactionAdded(let channel, let sequence, let emoji):
      var isNew = false
      try change(channel, sequence) {
        isNew = $0.reactions.insert(Reaction(emoji: emoji, account: stamped.event.by)).inserted
      }
      if !isNew { throw Violation("the same reaction twice: \(stamped)") }
    case .reactionRemoved(let channel, let sequence, let emoji):
      var wasThere = false
      try change(channel, sequence) {
        wasThere = $0.reactions.remove(Reaction(emoji: emoji, account: stamped.event.by)) != nil
      }
      if !wasThere { throw Violation("a reaction that was not there is gone: \(stamped)") }
    default: break
    }
  }

  private mutating func change(
    _ channel: ChannelID, _ sequence: UInt64, _ body: (inout Message) -> Void
  ) throws(Violation) {
    let place = Place(channel: channel, sequence: sequence)
    guard var message = messages[place] else {
      throw Violation("message \(sequence) of channel \(channel) was changed and never posted")
    }
    if message.isDeleted {
      throw Violation("message \(sequence) of channel \(channel) was changed after its deletion")
    }
    body(&message)
    messages[place] = message
  }
}

// What is said of it must be true.
extension Truth {
  func isDeleted(_ channel: ChannelID, _ sequence: UInt64) -> Bool {
    messages[Place(channel: channel, sequence: sequence)]?.isDeleted ?? false
  }

  func wasEver(_ text: String, _ channel: ChannelID, _ sequence: UInt64) -> Bool {
    messages[Place(channel: channel, sequence: sequence)]?.texts.contains(text) ?? false
  }

  /// Whether a message had this text after that one, or has none any more.
  func became(
    _ text: String, _ channel: ChannelID, _ sequence: UInt64, from former: String
  ) -> Bool {
    guard let message = messages[Place(channel: channel, sequence: sequence)] else { return false }
    if text.isEmpty { return message.isDeleted }
    guard let index = message.texts.firstIndex(of: former) else { return false }
    return message.texts[index...].dropFirst().contains(text)
  }

  func posting(of id: MessageID) -> StampedEvent? { postings[id].map { entries[$0] } }

  func holds(_ stamped: StampedEvent) -> Bool {
    stamped.entry >= 1 && stamped.entry <= UInt64(entries.count)
      && entries[Int(stamped.entry) - 1] == stamped
  }

  func event(_ channel: ChannelID, _ position: UInt64) -> StampedEvent? {
    guard let all = channels[channel], position >= 1, position <= UInt64(all.count) else {
      return nil
    }
    return entries[all[Int(position) - 1]]
  }

  func position(of channel: ChannelID) -> UInt64 { state.channels[channel]?.position ?? 0 }

  /// The positions of one stay in the channel that hold `position`; nil when it was not the person's
  /// to hear.
  func stay(of account: AccountID, in channel: ChannelID, at position: UInt64)
    -> ClosedRange<UInt64>?
  {
    if state.channels[channel]?.isOpenToAll == true { return 1...UInt64.max }
    return stays[Membership(channel: channel, account: account)]?.last { $0.contains(position) }
  }

  /// Whether the person may know that the channel is.
  func mayKnow(_ account: AccountID, of channel: ChannelID) -> Bool {
    state.channels[channel]?.isOpenToAll == true
      || stays[Membership(channel: channel, account: account)] != nil
  }
}
