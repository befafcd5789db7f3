import ConfabDomain
import OrderedCollections
import Primitives
import Testing

/// What must be true of every state, whatever happened.
func checkInvariants(of state: PlaceState, _ context: String = "") {
  checkNames(state, context)
  checkMembers(state, context)
  checkSessions(state, context)
}

private func checkNames(_ state: PlaceState, _ context: String) {
  // A guest who has gone leaves the name to others.
  let names = state.accounts.values.filter { $0.role != .guest || !$0.isDisabled }
    .map { ($0.name.folded, $0.id) }
  #expect(names.count == state.accountsByName.count, "\(context)")
  for (name, id) in names { #expect(state.accountsByName[name] == id, "\(context)") }

  let rooms = state.channels.values.filter(\.isRoom)
  for room in rooms where !room.isClosed {
    #expect(room.name.map { state.roomsByName[$0.folded] } == room.id, "\(context)")
  }
  #expect(state.roomsByName.count == rooms.count { !$0.isClosed }, "\(context)")
  #expect(
    Array(state.roomsByNumber.elements.map { $0.key }) == rooms.compactMap(\.number), "\(context)")
  #expect(
    rooms.compactMap(\.number) == (1...UInt64(rooms.count + 1)).dropLast(), "\(context)")
  let directs = state.channels.values.filter { $0.kind == .direct }
  #expect(state.directs.count == directs.count, "\(context)")
  for direct in directs {
    let people = Array(direct.members.keys)
    #expect((1...2).contains(people.count), "\(context)")
    #expect(state.directs[Pair(people[0], people[people.count - 1])] == direct.id, "\(context)")
  }
}

private func checkMembers(_ state: PlaceState, _ context: String) {
  for channel in state.channels.values {
    for (account, membership) in channel.members {
      #expect(state.accounts[account]?.channels.contains(channel.id) == true, "\(context)")
      #expect(membership.readThrough <= channel.sequence, "\(context)")
      #expect(membership.visibility.afterPosition <= channel.position, "\(context)")
      #expect(membership.visibility.afterSequence <= channel.sequence, "\(context)")
      #expect(membership.mentions == membership.mentions.sorted(), "\(context)")
      #expect(
        membership.mentions.allSatisfy {
          $0 > membership.readThrough && $0 <= channel.sequence
        }, "\(context)")
    }
    #expect(channel.sequence <= channel.position, "\(context)")
    #expect(channel.deletions == channel.deletions.sorted(), "\(context)")
    #expect(Set(channel.deletions).count == channel.deletions.count, "\(context)")
    #expect(channel.deletions.allSatisfy { $0 >= 1 && $0 <= channel.sequence }, "\(context)")
    #expect(channel.lastMessageAt <= channel.lastEventAt, "\(context)")
    let ownerIsMember = channel.owner.map { channel.members[$0] != nil } ?? true
    #expect(ownerIsMember || channel.members.isEmpty, "\(context)")
    #expect(!channel.isRoom || channel.isClosed || !channel.members.isEmpty, "\(context)")
    checkMeeting(in: channel, state, context)
  }
  for account in state.accounts.values {
    if account.role == .guest {
      #expect(account.channels.count == (account.isDisabled ? 0 : 1), "\(context)")
      #expect(account.password == .none, "\(context)")
    } else {
      #expect(account.channels.contains(.lobby), "\(context)")
    }
    for channel in account.channels {
      #expect(state.channels[channel]?.members[account.id] != nil, "\(context)")
    }
  }
}

private func checkMeeting(in channel: Channel, _ state: PlaceState, _ context: String) {
  guard let meeting = channel.meeting else { return }
  #expect(!channel.isClosed, "\(context)")
  #expect(meeting.id < state.nextMeeting, "\(context)")
  #expect(meeting.attendances.count <= Limits.attendancesMax, "\(context)")
}

private func checkSessions(_ state: PlaceState, _ context: String) {
  #expect(state.sessions.count == state.sessionsByToken.count, "\(context)")
  for session in state.sessions.values {
    #expect(state.sessionsByToken[session.tokenHash] == session.id, "\(context)")
    #expect(state.accounts[session.account]?.sessions.contains(session.id) == true, "\(context)")
  }
  #expect(
    state.accounts.values.reduce(0) { $0 + $1.sessions.count } == state.sessions.count,
    "\(context)")
  #expect(
    state.accounts.values.reduce(0) { $0 + $1.devices.count } == state.devices.count,
    "\(context)")
  #expect(state.invitations.count == state.invitationsBySecret.count, "\(context)")
  for account in state.accounts.keys { #expect(account < state.nextAccount, "\(context)") }
  for channel in state.channels.keys { #expect(channel < state.nextChannel, "\(context)") }
  for session in state.sessions.keys { #expect(session < state.nextSession, "\(context)") }
}
