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

/// Removes the text of a message for ever: of one's own, or of anybody's for the room's owner and for an
/// owner of the place who is in the room.
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
    try state.requireDeletable(sequence, facts, in: channel, by: actor)
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

  fileprivate func requireDeletable(
    _ sequence: UInt64, _ facts: MessageFacts?, in channel: Channel, by actor: Actor
  ) throws(Rejection) {
    let facts = try requireMessage(sequence, facts, in: channel, by: actor)
    let person = try person(actor)
    let isOwner = channel.owner == person.id || person.role == .owner
    guard facts.author == person.id || (isOwner && channel.kind != .direct) else {
      throw Rejection(
        .notTheAuthor,
        "Only who wrote a message, and an owner of the room or the server, may delete it."
      )
    }
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
