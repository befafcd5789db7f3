import ConfabWire

/// The reactions to messages on show. The server tells each change; the screen wants all of a message.
struct ReactionBook: Sendable {
  /// Messages with reactions that are remembered for each channel; the oldest are forgotten.
  static let messagesMax = 5_000

  private var channels: [UInt64: [UInt64: [WireReaction]]] = [:]

  subscript(channel: UInt64, sequence: UInt64) -> [WireReaction] {
    get { channels[channel]?[sequence] ?? [] }
    set {
      if newValue.isEmpty {
        channels[channel]?[sequence] = nil
      } else {
        channels[channel, default: [:]][sequence] = newValue
        forgetOldest(of: channel)
      }
    }
  }

  mutating func forget(_ channel: UInt64) {
    channels[channel] = nil
  }

  /// Half at a time, so that it happens seldom.
  private mutating func forgetOldest(of channel: UInt64) {
    guard let known = channels[channel], known.count > Self.messagesMax else { return }
    for sequence in known.keys.sorted().prefix(known.count / 2) {
      channels[channel]?[sequence] = nil
    }
  }
}

extension [WireReaction] {
  /// Names make it the same however often a change is told, as by a page and by its event.
  mutating func apply(_ change: WireReacted, by name: String) {
    let found = firstIndex { $0.emoji == change.emoji }
    let isKnown = found.map { self[$0].names.contains(name) } ?? false
    if change.removed {
      guard let found else { return }
      // Beyond the names that the server tells there is only the count.
      guard isKnown || self[found].count > self[found].names.count else { return }
      self[found].names.removeAll { $0 == name }
      self[found].count -= 1
      if self[found].count == 0 { remove(at: found) }
    } else if let found {
      guard !isKnown else { return }
      self[found].names.append(name)
      self[found].count += 1
    } else {
      var reaction = WireReaction()
      (reaction.emoji, reaction.names, reaction.count) = (change.emoji, [name], 1)
      append(reaction)
    }
  }
}

extension WireMessage {
  /// What happened to the message after it was read.
  mutating func apply(_ event: WireEvent) {
    switch event.body {
    case .edited(let edited) where edited.sequence == sequence:
      (text, editedAt) = (edited.text, event.at)
    case .deleted(let gone) where gone.sequence == sequence: (text, deleted) = ("", true)
    case .reacted(let reacted) where reacted.sequence == sequence:
      reactions.apply(reacted, by: event.by)
    default: break
    }
  }
}
