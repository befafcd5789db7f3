import ConfabDomain
import OrderedCollections
import Primitives

// What hosts may do, in the meeting or only watching it.
extension Hub {
  mutating func routeHosting(_ request: MeetingRequest, _ caller: Caller) throws(Rejection) {
    switch request {
    case .answerKnock(let meeting, let participant, let admit):
      try answerKnock(caller, meeting, participant, admit: admit)
    case .mute(let meeting, let participant, let source):
      let (party, host) = try hosted(caller, meeting, participant)
      setSource(party, source, false)
      if source == .screen { setSource(party, .screenAudio, false) }
      finishHosting(caller, party, host, "muted")
    case .lowerHand(let meeting, let participant):
      let (party, host) = try hosted(caller, meeting, participant)
      meetings.change(party) { $0.handRaisedAt = nil }
      finishHosting(caller, party, host, "lowered the hand of")
    case .remove(let meeting, let participant):
      try removeParticipant(caller, meeting, participant)
    case .setDoor(let channel, let isLocked, let waitingRoom):
      try setDoor(caller, channel, isLocked: isLocked, waitingRoom)
    case .end(let id):
      let (meeting, _) = try meetingAsHost(caller, id)
      try execute(
        EndMeeting(channel: meeting.channel, reason: .ended), by: try actor(caller))
      reply(caller, .done)
      log(caller, "ended a meeting", "\(id)")
    default: break
    }
  }

  private func meetingAsHost(
    _ caller: Caller, _ id: MeetingID
  ) throws(Rejection) -> (LiveMeeting, AccountID) {
    if let there = nodes.meeting(id)?.copy.channel, let reader = try actor(caller).account,
      state.channels[there]?.members[reader] != nil
    {
      try requireHere(id)
    }
    guard let meeting = meetings[id], let channel = state.channels[meeting.channel],
      let reader = try actor(caller).account, channel.members[reader] != nil
    else { throw Rejection(.meetingUnknown, "There is no such meeting, or it is over.") }
    return (meeting, try state.requireHost(of: channel, try actor(caller)).id)
  }

  private func hosted(
    _ caller: Caller, _ id: MeetingID, _ participant: ParticipantID
  ) throws(Rejection) -> (MediaParty, AccountID) {
    let (meeting, host) = try meetingAsHost(caller, id)
    guard meeting.participants[participant] != nil else { throw Self.participantUnknown }
    return (MediaParty(meeting: id, participant: participant), host)
  }

  private static let participantUnknown = Rejection(
    .participantUnknown, "They are not in the meeting any more.")

  private mutating func finishHosting(
    _ caller: Caller, _ party: MediaParty, _ host: AccountID, _ what: String
  ) {
    reply(caller, .done)
    tellParticipant(party, by: host)
    let account = meetings.participant(party)?.account
    log(caller, "\(what) somebody", "\(party.meeting): \(state.name(of: account))")
  }

  // MARK: - The door

  private mutating func answerKnock(
    _ caller: Caller, _ id: MeetingID, _ participant: ParticipantID?, admit: Bool
  ) throws(Rejection) {
    let (meeting, host) = try meetingAsHost(caller, id)
    let waiting = meeting.participants.values
      .filter { $0.isWaiting && (participant == nil || $0.id == participant) }
    guard participant == nil || !waiting.isEmpty else { throw Self.participantUnknown }
    try requireJournal()
    for person in waiting {
      let party = MediaParty(meeting: id, participant: person.id)
      if admit { try letIn(party, by: host) } else { try sendAway(party, by: host) }
    }
    reply(caller, .done)
    let names = waiting.map { state.name(of: $0.account) }.joined(separator: ", ")
    log(caller, admit ? "let somebody in" : "sent somebody away", "\(id): \(names)")
  }

  /// A guest who was not let in is a guest no more, and must not knock for ever.
  private mutating func sendAway(_ party: MediaParty, by host: AccountID) throws(Rejection) {
    let account = meetings.participant(party).flatMap { state.accounts[$0.account] }
    leaveMeeting(party, .refused, by: host)
    if let account, account.role == .guest, !account.isDisabled, isOutside(account.id) {
      try endGuest(account)
    }
  }

  private mutating func letIn(_ party: MediaParty, by host: AccountID) throws(Rejection) {
    let (time, entry) = (now.wall, state.entry)
    meetings.change(party.meeting) { $0.letIn(party.participant, at: time, entry: entry) }
    try enter(party)
    if let account = meetings.participant(party)?.account {
      meetings.change(party.meeting) { $0.admitted.insert(account) }
    }
    guard let meeting = meetings[party.meeting], let person = meetings.participant(party),
      let channel = state.channels[meeting.channel]
    else { return }
    if let connection = person.connection {
      let (first, rest) = roster(
        of: meeting, withWaiting: state.isHost(person.account, of: channel))
      hold(.notify(connection, .meetingAdmitted(meeting.id, first)))
      for view in rest {
        hold(.notify(connection, .participantChanged(meeting.id, view, by: "")))
      }
    }
    tellParticipant(party, by: host)
    meetings.addNews(of: meeting.channel, at: now.monotonic)
  }

  private mutating func setDoor(
    _ caller: Caller, _ reference: ChannelReference, isLocked: Bool?, _ waitingRoom: WaitingRoom?
  ) throws(Rejection) {
    let actor = try actor(caller)
    let channel = try state.writable(reference, by: actor)
    _ = try state.requireHost(of: channel, actor)
    let meeting = meetings.meeting(in: channel.id)?.id
    if isLocked != nil, let there = meetingElsewhere(in: channel) { try requireHere(there) }
    if isLocked == true, meeting == nil {
      throw Rejection(.meetingUnknown, "There is no meeting to lock.")
    }
    if let waitingRoom {
      try execute(
        SetWaitingRoom(channel: .id(channel.id), waitingRoom: waitingRoom), by: actor)
    }
    if let isLocked, let meeting { meetings.change(meeting) { $0.isLocked = isLocked } }
    reply(caller, .done)
    meetings.addNews(of: channel.id, at: now.monotonic)
    let words = [isLocked.map { $0 ? "locked" : "open" }, waitingRoom.map { "\($0) wait" }]
    log(caller, "set a meeting's door", words.compactMap(\.self).joined(separator: ", "))
  }

  // MARK: - Putting out

  private mutating func removeParticipant(
    _ caller: Caller, _ id: MeetingID, _ participant: ParticipantID
  ) throws(Rejection) {
    let (meeting, _) = try meetingAsHost(caller, id)
    guard let account = meeting.participants[participant]?.account else {
      throw Self.participantUnknown
    }
    let actor = try actor(caller)
    // What follows from it puts out every device of theirs.
    try execute(RemoveFromMeeting(channel: meeting.channel, account: account), by: actor)
    reply(caller, .done)
    log(caller, "removed somebody", "\(id): \(state.name(of: account))")
  }
}
