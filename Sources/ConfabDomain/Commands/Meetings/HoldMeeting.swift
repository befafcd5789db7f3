import OrderedCollections
package import Primitives

/// Starts a channel's meeting; every member may, but no guest.
package struct StartMeeting: Command {
  package var channel: ChannelReference

  package init(channel: ChannelReference) { self.channel = channel }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let person = try state.person(actor)
    let channel = try state.writable(channel, by: actor)
    guard channel.meeting == nil else { return [] }
    guard person.role != .guest else {
      throw Rejection(
        .meetingNotStarted, "The meeting has not begun yet. Wait for somebody to start it.")
    }
    return [.meetingStarted(channel.id, state.nextMeeting)]
  }
}

/// Ends a channel's meeting for everybody, and with it what its guests came for.
package struct EndMeeting: Command {
  package var channel: ChannelID
  package var reason: MeetingEnd.Reason
  /// When it ended, if that is not now.
  package var endedAt: WallTime?

  package init(channel: ChannelID, reason: MeetingEnd.Reason, endedAt: WallTime? = nil) {
    self.channel = channel
    self.reason = reason
    self.endedAt = endedAt
  }

  /// For hosts, when a person asks for it; the hub itself ends what is over as the operator.
  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    guard let channel = state.channels[channel] else { return [] }
    if actor != .operator { _ = try state.requireHost(of: channel, actor) }
    return state.ending(of: channel, reason, at: endedAt ?? time)
  }
}

extension PlaceState {
  /// The end of the channel's meeting and of its guests; nothing when none goes on.
  func ending(
    of channel: Channel, _ reason: MeetingEnd.Reason, at time: WallTime
  ) -> [Event.Body] {
    guard let meeting = channel.meeting else { return [] }
    return [.meetingEnded(channel.id, meeting.end(reason, at: time))] + guestsLeave(channel)
  }

  /// A room closes with its meeting, and takes leave of guests who came before one.
  func closing(of room: Channel, at time: WallTime) -> [Event.Body] {
    let end = room.meeting.map {
      Event.Body.meetingEnded(room.id, $0.end(.roomClosed, at: time))
    }
    return (end.map { [$0] } ?? []) + guestsLeave(room) + [.roomClosed(room.id)]
  }

  private func guestsLeave(_ channel: Channel) -> [Event.Body] {
    channel.members.keys.compactMap { accounts[$0] }.filter { $0.role == .guest }
      .flatMap { farewell(to: $0, in: channel.id) }
  }

  /// A guest's account serves one meeting, and is nobody's afterwards.
  package func farewell(to guest: Account, in channel: ChannelID) -> [Event.Body] {
    [.memberLeft(channel, guest.id)]
      + guest.sessions.map { .sessionClosed($0, .meetingEnded) } + [.accountDisabled(guest.id)]
  }
}

// Who may do what.
extension PlaceState {
  /// The room's owner and the place's owners, where they are members, and who started the meeting.
  package func isHost(_ account: AccountID, of channel: Channel) -> Bool {
    guard channel.members[account] != nil, let person = accounts[account], person.role != .guest
    else { return false }
    return isOwner(person, of: channel) || channel.meeting?.by == account
  }

  /// Nothing keeps them out: no lock, no waiting room, and nobody can remove them.
  package func isOwner(_ person: Account, of channel: Channel) -> Bool {
    channel.members[person.id] != nil && (channel.owner == person.id || person.role == .owner)
  }

  package func requireHost(of channel: Channel, _ actor: Actor) throws(Rejection) -> Account {
    let person = try person(actor)
    guard isHost(person.id, of: channel) else {
      throw Rejection(
        .meetingHostRequired,
        "Only the owner of the room or who started the meeting may do this.")
    }
    return person
  }
}
