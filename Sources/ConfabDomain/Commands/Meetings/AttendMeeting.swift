import OrderedCollections
package import Primitives

/// Goes into a meeting that goes on. Whether one must wait before it is for the hub to say, which knows
/// who was let in.
package struct AttendMeeting: Command {
  package var channel: ChannelID

  package init(channel: ChannelID) { self.channel = channel }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let person = try state.person(actor)
    let meeting = try Self.meeting(in: state, channel, for: person)
    if let attendance = meeting.attendances[person.id], attendance.until == nil { return [] }
    return [.meetingJoined(channel, person.id)]
  }

  /// The meeting, if there is one that the person was not put out of.
  package static func meeting(
    in state: PlaceState, _ id: ChannelID, for person: Account
  ) throws(Rejection) -> Meeting {
    let channel = try state.writable(.id(id), by: .account(person.id))
    guard let meeting = channel.meeting else {
      throw Rejection(.meetingUnknown, "This meeting is over.")
    }
    guard !meeting.removed.contains(person.id) || state.isOwner(person, of: channel) else {
      throw Rejection(
        .meetingRemoved, "You were removed from this meeting, and cannot come back to it.")
    }
    return meeting
  }
}

/// Puts somebody out of a meeting and keeps them out; a guest leaves the place with that.
package struct RemoveFromMeeting: Command {
  package var channel: ChannelID
  package var account: AccountID

  package init(channel: ChannelID, account: AccountID) {
    self.channel = channel
    self.account = account
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    guard let channel = state.channels[channel], channel.meeting != nil,
      let account = state.accounts[account]
    else { throw Rejection(.meetingUnknown, "This meeting is over.") }
    let host = try state.requireHost(of: channel, actor)
    guard channel.members[account.id] != nil else {
      throw Rejection(.participantUnknown, "They are not in the meeting any more.")
    }
    guard account.id != host.id else {
      throw Rejection(.requestInvalid, "To go yourself, leave the meeting.")
    }
    guard !state.isOwner(account, of: channel) else {
      throw Rejection(.meetingHostRequired, "An owner cannot be removed from a meeting.")
    }
    let removed = Event.Body.meetingRemoved(channel.id, account.id)
    guard account.role == .guest else { return [removed] }
    return [removed] + state.farewell(to: account, in: channel.id)
  }
}

/// Says who waits before the channel's meetings.
package struct SetWaitingRoom: Command {
  package var channel: ChannelReference
  package var waitingRoom: WaitingRoom

  package init(channel: ChannelReference, waitingRoom: WaitingRoom) {
    self.channel = channel
    self.waitingRoom = waitingRoom
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let channel = try state.writable(channel, by: actor)
    _ = try state.requireHost(of: channel, actor)
    guard channel.waitingRoom != waitingRoom else { return [] }
    return [.waitingRoomSet(channel.id, waitingRoom)]
  }
}
