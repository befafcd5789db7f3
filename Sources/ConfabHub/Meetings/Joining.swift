import ConfabDomain
import OrderedCollections
import Primitives

// Coming to a meeting and leaving it.
extension Hub {
  mutating func routeMeetings(
    _ request: MeetingRequest, _ caller: Caller
  ) throws(Rejection) {
    switch request {
    case .join(let channel, let microphone, let camera, let key):
      let sources = (microphone ? [MediaSource.microphone] : []) + (camera ? [.camera] : [])
      try joinMeeting(caller, channel, Set(sources), key: key)
    case .leave(let meeting):
      let (party, _) = try party(caller, in: meeting)
      leaveMeeting(party, .left)
      reply(caller, .done)
    case .watch(let channel, let stop): try watchMeeting(caller, channel, stop: stop)
    case .publish, .answer, .restart, .wish, .setParticipation:
      try routeMedia(request, caller)
    case .answerKnock, .mute, .lowerHand, .remove, .setDoor, .end:
      try routeHosting(request, caller)
    case .createGuestLink(let channel, let uses, let expiresIn):
      try inviteGuests(caller, channel, uses: uses, expiresIn: expiresIn)
    case .createSignInCode(let channel): try makeSignInCode(caller, channel)
    }
  }

  /// The participant that a connection is in a meeting.
  func party(
    _ caller: Caller, in meeting: MeetingID
  ) throws(Rejection) -> (MediaParty, Participant) {
    _ = try actor(caller)
    guard let party = meetings.party(in: meeting, on: caller.connection),
      let participant = meetings.participant(party)
    else { throw Rejection(.meetingUnknown, "You are not in this meeting, or it is over.") }
    return (party, participant)
  }

  // MARK: - Joining

  private mutating func joinMeeting(
    _ caller: Caller, _ reference: ChannelReference, _ sources: Set<MediaSource>, key: [UInt8]
  ) throws(Rejection) {
    let actor = try actor(caller)
    let person = try state.person(actor)
    let channel = try state.writable(reference, by: actor)
    if let before = meetings.meeting(in: channel.id)?.participant(key: key),
      before.account == person.id
    {
      return resume(caller, channel, before)
    }
    try requireJournal()
    try limitMeetings(person.id)
    if let meeting = meetingElsewhere(in: channel) {
      _ = try AttendMeeting.meeting(in: state, channel.id, for: person)
      return try askAdmission(
        caller, to: meeting, in: channel.id,
        .join(
          reference, microphone: sources.contains(.microphone), camera: sources.contains(.camera),
          key: key))
    }
    if channel.meeting == nil { try startMeeting(caller, channel, person) }
    guard let meeting = meetings.meeting(in: channel.id) else { throw Self.journalRefusal }
    _ = try AttendMeeting.meeting(in: state, channel.id, for: person)
    let twins = twins(in: meeting, of: caller)
    let isWaiting = mustWait(person, before: meeting)
    try requirePlace(in: meeting, for: person, isWaiting: isWaiting)
    let joined = addParticipant(caller, person, meeting, sources, isWaiting: isWaiting)
    // Only now, so that a meeting of one does not end when its page is loaded again.
    for twin in twins { leaveMeeting(twin, .replaced) }
    replyJoined(caller, MediaParty(meeting: meeting.id, participant: joined), isResumed: false)
    if !isWaiting { try enter(MediaParty(meeting: meeting.id, participant: joined)) }
    tellParticipant(MediaParty(meeting: meeting.id, participant: joined), by: nil)
    meetings.addNews(of: channel.id, at: now.monotonic)
    log(
      caller, isWaiting ? "waits before a meeting" : "joined a meeting",
      "\(meeting.id) in \(state.label(of: channel, for: person.id))")
  }

  private mutating func startMeeting(
    _ caller: Caller, _ channel: Channel, _ person: Account
  ) throws(Rejection) {
    guard meetings.count < HubLimits.meetingsMax else {
      throw Rejection(
        .placeFull, "This server holds at most \(HubLimits.meetingsMax) meetings at a time.")
    }
    try execute(StartMeeting(channel: .id(channel.id)), by: .account(person.id))
    log(caller, "started a meeting", state.label(of: channel, for: person.id))
  }

  private func requirePlace(
    in meeting: LiveMeeting, for person: Account, isWaiting: Bool
  ) throws(Rejection) {
    guard let channel = state.channels[meeting.channel], !state.isHost(person.id, of: channel)
    else { return }
    guard !meeting.isLocked || meeting.isInside(person.id) else {
      throw Rejection(.meetingLocked, "This meeting is locked. Ask its host to open it.")
    }
    guard isWaiting else {
      guard meeting.inside < HubLimits.meetingParticipantsMax else {
        throw Rejection(
          .meetingFull,
          "This meeting is full: it holds \(HubLimits.meetingParticipantsMax) people.")
      }
      return
    }
    guard meeting.waiting < HubLimits.meetingWaitingMax,
      meeting.waiting(of: person.id) < HubLimits.waitingDevicesMax
    else {
      throw Rejection(
        .meetingFull, "Too many wait before this meeting already. Try again in a moment.")
    }
  }

  private func mustWait(_ person: Account, before meeting: LiveMeeting) -> Bool {
    guard let channel = state.channels[meeting.channel], !state.isHost(person.id, of: channel),
      !meeting.admitted.contains(person.id), !meeting.isInside(person.id)
    else { return false }
    return switch channel.waitingRoom {
    case .nobody: false
    case .guests: person.role == .guest
    case .everybody: true
    }
  }

  /// Participants that this one takes the place of: a page that was loaded again.
  private func twins(in meeting: LiveMeeting, of caller: Caller) -> [MediaParty] {
    let session = connections[caller.connection]?.session
    return meeting.participants.values.filter { participant in
      participant.connection == caller.connection
        || (participant.connection == nil && participant.session == session)
    }.map { MediaParty(meeting: meeting.id, participant: $0.id) }
  }

  private mutating func addParticipant(
    _ caller: Caller, _ person: Account, _ meeting: LiveMeeting, _ sources: Set<MediaSource>,
    isWaiting: Bool
  ) -> ParticipantID {
    let key = randomBytes(count: Participant.keyBytes)
    var id = ParticipantID(0)
    meetings.change(meeting.id) { id = $0.makeID() }
    meetings.insert(
      Participant(
        id: id, account: person.id, session: connections[caller.connection]?.session, key: key,
        connection: caller.connection, isWaiting: isWaiting, joinedAt: now.wall,
        entry: state.entry, sources: sources),
      into: meeting.id)
    return id
  }

  /// In the meeting, and not only before it: in the journal, and for the media side.
  mutating func enter(_ party: MediaParty) throws(Rejection) {
    guard let participant = meetings.participant(party),
      let channel = meetings[party.meeting]?.channel
    else { return }
    try execute(AttendMeeting(channel: channel), by: .account(participant.account))
    let entry = state.entry
    meetings.change(party) { $0.entry = entry }
    welcome(participant.account, to: party.meeting)
    hold(.media(.join(party)))
    for source in participant.sources { hold(.media(.forward(party, source, true))) }
  }

  // MARK: - Coming back

  /// The same participant on another connection; the media goes on as it is.
  private mutating func resume(_ caller: Caller, _ channel: Channel, _ before: Participant) {
    guard let meeting = meetings.meeting(in: channel.id)?.id else { return }
    let party = MediaParty(meeting: meeting, participant: before.id)
    if let old = before.connection, old != caller.connection {
      hold(.notify(old, .meetingGone(meeting, channel.id, .replaced, by: "")))
    }
    meetings.attach(party, to: caller.connection)
    replyJoined(caller, party, isResumed: true)
    // What was told while nobody listened.
    if !before.isWaiting { hold(.media(.retell(party))) }
    tellParticipant(party, by: nil)
    log(caller, "came back to a meeting", "\(meeting)")
  }

  private mutating func replyJoined(_ caller: Caller, _ party: MediaParty, isResumed: Bool) {
    guard let participant = meetings.participant(party), let meeting = meetings[party.meeting],
      let channel = state.channels[meeting.channel]
    else { return }
    let isHost = state.isHost(participant.account, of: channel)
    let (first, rest) =
      participant.isWaiting ? ([], []) : roster(of: meeting, withWaiting: isHost)
    reply(
      caller,
      .meetingJoined(
        MeetingJoinedView(
          info: view(of: channel, meetingFor: participant.account), participant: participant.id,
          key: participant.key, isWaiting: participant.isWaiting, isHost: isHost,
          participants: first, isResumed: isResumed)))
    for view in rest {
      hold(.notify(caller.connection, .participantChanged(meeting.id, view, by: "")))
    }
  }

  // MARK: - Leaving

  /// - Parameter by: the host who did it, if one did.
  mutating func leaveMeeting(
    _ party: MediaParty, _ departure: MeetingDeparture, by host: AccountID? = nil
  ) {
    guard let channel = meetings[party.meeting]?.channel,
      let gone = meetings.remove(party)
    else { return }
    let by = state.name(of: host)
    if let connection = gone.connection {
      hold(.notify(connection, .meetingGone(party.meeting, channel, departure, by: by)))
    }
    tellDeparture(of: gone, party.meeting, departure, by: by)
    meetings.addNews(of: channel, at: now.monotonic)
    if !gone.isWaiting {
      hold(.media(.leave(party)))
      noteDeparture(of: gone.account, from: party.meeting, channel)
    }
    logMeeting(of: gone.account, "left a meeting", "\(party.meeting), \(departure)")
  }

  private mutating func noteDeparture(
    of account: AccountID, from id: MeetingID, _ channel: ChannelID
  ) {
    guard let meeting = meetings[id] else { return }
    // What the journal cannot take now is made up for when the meeting ends.
    if (try? requireJournal()) != nil, !meeting.isInside(account),
      state.channels[channel]?.meeting?.id == id
    {
      commit([.meetingLeft(channel, account)], by: account)
    }
    if meeting.inside == 0 { endMeeting(in: channel, .empty) }
  }

  // MARK: - Watching

  private mutating func watchMeeting(
    _ caller: Caller, _ reference: ChannelReference, stop: Bool
  ) throws(Rejection) {
    let actor = try actor(caller)
    let channel = try state.writable(reference, by: actor)
    if stop {
      meetings.stopWatching(channel.id, caller.connection)
      return reply(caller, .done)
    }
    guard meetings.watch(channel.id, caller.connection) else {
      throw Rejection(
        .placeFull,
        "One connection watches at most \(HubLimits.watchedChannelsMax) rooms' meetings.")
    }
    let reader = try state.person(actor).id
    let isHost = state.isHost(reader, of: channel)
    let (first, rest) =
      meetings.meeting(in: channel.id).map { roster(of: $0, withWaiting: isHost) } ?? ([], [])
    reply(
      caller,
      .meetingStanding(
        MeetingStandingView(
          info: view(of: channel, meetingFor: reader), isHost: isHost, participants: first)))
    guard let meeting = meetings.meeting(in: channel.id)?.id else { return }
    for view in rest {
      hold(.notify(caller.connection, .participantChanged(meeting, view, by: "")))
    }
  }

  private mutating func limitMeetings(_ account: AccountID) throws(Rejection) {
    guard let wait = meetingRates.take(account, at: now.monotonic) else { return }
    throw Rejection(
      .rateLimited, "Too many calls at once. Wait a little.", retryAfter: wait)
  }

  mutating func logMeeting(of account: AccountID?, _ what: String, _ detail: String) {
    hold(.log(LogLine(who: state.name(of: account), what: what, detail: detail)))
  }
}
