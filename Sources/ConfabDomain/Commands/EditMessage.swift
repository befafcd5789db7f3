import OrderedCollections
package import Primitives

/// Changes the text of one's own message.
package struct EditMessage: Command {
  package var channel: ChannelReference
  package var sequence: UInt64
  package var text: String
  /// What the journal knows of the message; nil when there is none.
  package var facts: MessageFacts?

  package init(
    channel: ChannelReference, sequence: UInt64, text: String, facts: MessageFacts?
  ) {
    self.channel = channel
    self.sequence = sequence
    self.text = text
    self.facts = facts
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let channel = try state.writable(channel, by: actor)
    try MessageText.check(text)
    try state.requireOwnMessage(sequence, facts, in: channel, by: actor)
    return [.messageEdited(channel.id, sequence: sequence, text: text)]
  }
}

/// Removes the text of a message for ever: one's own, or in a room and the lobby anybody's as the
/// owner of the room or of the place.
package struct DeleteMessage: Command {
  package var channel: ChannelReference
  package var sequence: UInt64
  package var facts: MessageFacts?

  package init(channel: ChannelReference, sequence: UInt64, facts: MessageFacts?) {
    self.channel = channel
    self.sequence = sequence
    self.facts = facts
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let channel = try state.writable(channel, by: actor)
    let facts = try state.requireMessage(sequence, facts, in: channel, by: actor)
    guard facts.author == actor.account || state.moderates(channel, actor) else {
      throw Rejection(
        .notTheAuthor,
        "Only who wrote a message may delete it, and in rooms the owner of the room or of the place."
      )
    }
    return [.messageDeleted(channel.id, sequence: sequence)]
  }
}

extension PlaceState {
  fileprivate func requireOwnMessage(
    _ sequence: UInt64, _ facts: MessageFacts?, in channel: Channel, by actor: Actor
  ) throws(Rejection) {
    let facts = try requireMessage(sequence, facts, in: channel, by: actor)
    guard facts.author == actor.account else {
      throw Rejection(.notTheAuthor, "Only who wrote a message may change it.")
    }
  }

  /// What two people say to each other is nobody else's to delete.
  fileprivate func moderates(_ channel: Channel, _ actor: Actor) -> Bool {
    guard channel.kind != .direct, let account = actor.account else { return false }
    return channel.owner == account || accounts[account]?.role == .owner
  }

  /// The message exists, may be seen by the actor, and was not deleted.
  func requireMessage(
    _ sequence: UInt64, _ facts: MessageFacts?, in channel: Channel, by actor: Actor
  ) throws(Rejection) -> MessageFacts {
    let reader = try person(actor)
    guard let facts, let visibility = channel.visibility(for: reader),
      sequence > visibility.afterSequence
    else {
      throw Rejection(
        .messageUnknown, "There is no message \(sequence) in \(label(of: channel, for: reader.id))."
      )
    }
    guard !facts.isDeleted else {
      throw Rejection(.messageDeleted, "Message \(sequence) was deleted.")
    }
    return facts
  }
}
