import OrderedCollections

/// A channel as a client names it.
package enum ChannelReference: Hashable, Sendable {
  case id(ChannelID)
  /// `#lobby`, `#plans`, `#3` for the room with that number, `@ann`.
  case label(String)

  /// How to speak of it to somebody who may not know more of the channel than what they typed.
  package var words: String {
    switch self {
    case .id: "this channel"
    case .label(let label) where label.hasPrefix("@"): "this conversation"
    case .label(let label): label.hasPrefix("#") ? label : "#\(label)"
    }
  }
}

/// What a reference means to somebody.
package enum ChannelTarget: Sendable {
  case channel(Channel)
  /// Direct messages with a person to whom nothing has been written yet.
  case newDirect(AccountID)
}

extension PlaceState {
  /// Finds a channel that exists, whoever asks. A name belongs to the open room that has it, else to
  /// the latest closed one that the actor was in; a number to its room also when that is closed.
  package func target(
    _ reference: ChannelReference, for actor: Actor
  ) throws(Rejection) -> ChannelTarget {
    switch reference {
    case .id(let id):
      guard let channel = channels[id] else {
        throw Rejection(.channelUnknown, "There is no such channel.")
      }
      return .channel(channel)
    case .label(let label) where label.hasPrefix("@"):
      let other = try account(typed: label)
      guard let reader = actor.account else {
        throw Rejection(.requestInvalid, "Direct messages are between two people.")
      }
      if let id = directs[Pair(reader, other.id)], let channel = channels[id] {
        return .channel(channel)
      }
      guard other.role != .guest, accounts[reader]?.role != .guest else {
        throw Rejection(
          .guestsMayNot, "Guests of a meeting are written to, and write, in its room.")
      }
      return .newDirect(other.id)
    case .label(let label):
      return .channel(try room(typed: label, by: actor))
    }
  }

  private func room(typed label: String, by actor: Actor) throws(Rejection) -> Channel {
    let bare = label.hasPrefix("#") ? String(label.dropFirst()) : label
    if bare.lowercased() == "lobby", let lobby = channels[.lobby] { return lobby }
    if bare.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt64(bare),
      let id = roomsByNumber[number], let room = channels[id]
    {
      return room
    }
    guard let name = try? Name(bare),
      let room = room(named: name) ?? closedRoom(named: name, of: actor)
    else {
      throw Rejection(
        .channelUnknown,
        "There is no room #\(bare), or no longer: look whether it has another name now.")
    }
    return room
  }

  private func closedRoom(named name: Name, of actor: Actor) -> Channel? {
    let own = actor.account.flatMap { accounts[$0]?.channels } ?? []
    return own.lazy.reversed().compactMap { channels[$0] }
      .first { $0.isClosed && $0.name?.folded == name.folded }
  }

  /// An existing channel whose messages the actor may see.
  package func readable(
    _ reference: ChannelReference, by actor: Actor
  ) throws(Rejection) -> (Channel, Visibility) {
    guard case .channel(let channel) = try target(reference, for: actor) else {
      throw Rejection(.channelUnknown, "You have not written to each other yet.")
    }
    guard let reader = actor.account.flatMap({ accounts[$0] }),
      let visibility = channel.visibility(for: reader)
    else {
      throw notAMember(channel, reference)
    }
    return (channel, visibility)
  }

  /// An open channel that the actor is a member of, and so may write to.
  package func writable(
    _ reference: ChannelReference, by actor: Actor
  ) throws(Rejection) -> Channel {
    guard case .channel(let channel) = try target(reference, for: actor) else {
      throw Rejection(.channelUnknown, "You have not written to each other yet.")
    }
    return try requireWritable(channel, reference, by: actor)
  }

  package func requireWritable(
    _ channel: Channel, _ reference: ChannelReference, by actor: Actor
  ) throws(Rejection) -> Channel {
    guard let writer = actor.account, channel.members[writer] != nil else {
      throw notAMember(channel, reference)
    }
    guard !channel.isClosed else {
      throw Rejection(.channelClosed, "\(label(of: channel, for: writer)) is closed.")
    }
    return channel
  }

  /// A room, open, whose owner the actor is or whose place they administer.
  package func ownedRoom(
    _ reference: ChannelReference, by actor: Actor
  ) throws(Rejection) -> Channel {
    let room = try openRoom(reference, for: actor)
    if actor == .operator { return room }
    let person = try person(actor)
    guard room.owner == person.id || person.role == .owner else {
      guard room.members[person.id] != nil else { throw notAMember(room, reference) }
      throw Rejection(.roomOwnerRequired, "Only the owner of the room may do this.")
    }
    return room
  }

  /// A room that has not been closed; not the lobby, not direct messages.
  package func openRoom(
    _ reference: ChannelReference, for actor: Actor
  ) throws(Rejection) -> Channel {
    let room = try room(reference, for: actor)
    guard !room.isClosed else {
      throw Rejection(.channelClosed, "\(reference.words) is closed.")
    }
    return room
  }

  /// A room, closed or not; not the lobby, not direct messages.
  func room(
    _ reference: ChannelReference, for actor: Actor
  ) throws(Rejection) -> Channel {
    guard case .channel(let room) = try target(reference, for: actor), room.isRoom else {
      throw Rejection(.notARoom, "The lobby and direct messages always stay as they are.")
    }
    return room
  }

  /// A private room's name is its members' business, so a stranger reads only what they typed.
  func notAMember(_ channel: Channel, _ reference: ChannelReference) -> Rejection {
    let isPublic = channel.kind == .publicRoom
    let words = isPublic ? label(of: channel, for: nil) : reference.words
    let remedy = isPublic ? "It is public: join it first." : "Ask a member to invite you."
    return Rejection(.notAMember, "You are not in \(words). \(remedy)")
  }
}
