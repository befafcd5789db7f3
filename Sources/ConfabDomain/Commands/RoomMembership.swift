import OrderedCollections
package import Primitives

/// Joins a public room.
package struct JoinRoom: Command {
  package var channel: ChannelReference

  package init(channel: ChannelReference) { self.channel = channel }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let person = try state.person(actor)
    let room = try state.openRoom(channel, for: actor)
    guard room.members[person.id] == nil else { return [] }
    try person.requireMember()
    guard room.kind == .publicRoom else {
      throw Rejection(
        .notAMember, "\(channel.words) is private. Ask a member to invite you.")
    }
    try state.requirePlaceForMembers(room.members.count + 1)
    return [.memberJoined(room.id, person.id)]
  }
}

/// Leaves a room, closed or not. The longest-standing member inherits it; the last one out closes it.
package struct LeaveRoom: Command {
  package var channel: ChannelReference

  package init(channel: ChannelReference) { self.channel = channel }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let person = try state.person(actor)
    let room = try state.room(channel, for: actor)
    guard room.members[person.id] != nil else { throw state.notAMember(room, channel) }
    return state.departure(of: person, from: room, at: time)
  }
}

extension PlaceState {
  /// Leaving or being put out ends in the same way.
  fileprivate func departure(
    of member: Account, from room: Channel, at time: WallTime
  ) -> [Event.Body] {
    if member.role == .guest { return farewell(to: member, in: room.id) }
    let left = Event.Body.memberLeft(room.id, member.id)
    let heir = room.members.keys.first { $0 != member.id && accounts[$0]?.role != .guest }
    guard let heir else {
      return room.isClosed ? [left] : [left] + closing(of: room, at: time)
    }
    return room.owner == member.id ? [left, .ownerChanged(room.id, heir)] : [left]
  }
}

/// Brings people into a room; every member may.
package struct InviteMembers: Command {
  package var channel: ChannelReference
  package var members: [String]

  package init(channel: ChannelReference, members: [String]) {
    self.channel = channel
    self.members = members
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let room = try state.openRoom(channel, for: actor)
    _ = try state.requireWritable(room, channel, by: actor)
    let guests = try state.accounts(typed: members)
    guard !guests.isEmpty else { throw Rejection(.requestInvalid, "Name somebody to invite.") }
    let newcomers = guests.filter { room.members[$0.id] == nil }
    guard !newcomers.isEmpty else {
      let names = guests.map(\.name.text).joined(separator: ", ")
      throw Rejection(.alreadyAMember, "Already in the room: \(names).")
    }
    try state.requirePlaceForMembers(room.members.count + newcomers.count)
    return newcomers.map { .memberJoined(room.id, $0.id) }
  }
}

/// Puts somebody out of a room.
package struct RemoveMember: Command {
  package var channel: ChannelReference
  package var member: String

  package init(channel: ChannelReference, member: String) {
    self.channel = channel
    self.member = member
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let room = try state.ownedRoom(channel, by: actor)
    let member = try state.account(typed: member)
    guard room.members[member.id] != nil else {
      throw Rejection(.accountUnknown, "\(member.name) is not in the room.")
    }
    guard member.id != actor.account else {
      throw Rejection(.requestInvalid, "To go yourself, leave the room.")
    }
    return state.departure(of: member, from: room, at: time)
  }
}
