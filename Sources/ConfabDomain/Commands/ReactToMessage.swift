package import Primitives

/// Puts an emoji on a message or takes one's own away.
package struct ReactToMessage: Command {
  package var channel: ChannelReference
  package var sequence: UInt64
  package var emoji: String
  package var remove: Bool
  package var facts: MessageFacts?

  package init(
    channel: ChannelReference, sequence: UInt64, emoji: String, remove: Bool, facts: MessageFacts?
  ) {
    self.channel = channel
    self.sequence = sequence
    self.emoji = emoji
    self.remove = remove
    self.facts = facts
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let person = try state.person(actor)
    let channel = try state.writable(channel, by: actor)
    try checkEmoji()
    let facts = try state.requireMessage(sequence, facts, in: channel, by: actor)
    let present = facts.reactions.first { $0.emoji == emoji }
    let isMine = present?.accounts.contains(person.id) ?? false
    // Asking again for what is so already is no change and no error.
    guard isMine == remove else { return [] }
    if remove { return [.reactionRemoved(channel.id, sequence: sequence, emoji: emoji)] }
    guard present != nil || facts.reactions.count < Limits.reactionsPerMessageMax else {
      throw Rejection(
        .placeFull, "A message holds at most \(Limits.reactionsPerMessageMax) different emoji.")
    }
    return [.reactionAdded(channel.id, sequence: sequence, emoji: emoji)]
  }

  /// One character that is no letter, digit, blank or control: what is drawn is the terminal's matter.
  private func checkEmoji() throws(Rejection) {
    guard emoji.count == 1, emoji.utf8.count <= Limits.emojiBytesMax,
      let first = emoji.unicodeScalars.first,
      first.isASCII ? Self.isPlain(emoji) : first.properties.isPictorial,
      emoji.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else { throw Rejection(.emojiInvalid, "A reaction is one emoji, such as 👍.") }
  }

  /// To Unicode digits are emoji, because keycaps begin with them: alone they are no reaction.
  private static func isPlain(_ emoji: String) -> Bool {
    ["+", "-", "!", "?"].contains(emoji) || emoji.unicodeScalars.contains("\u{20E3}")
  }
}

extension Unicode.Scalar.Properties {
  fileprivate var isPictorial: Bool { isEmoji || generalCategory == .otherSymbol }
}
