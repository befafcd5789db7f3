import ConfabDomain
import OrderedCollections
import Primitives

// Between a participant and the media side. The hub looks into no description of a session.
extension Hub {
  mutating func routeMedia(_ request: MeetingRequest, _ caller: Caller) throws(Rejection) {
    switch request {
    case .publish(let meeting, let sdp, let tracks):
      let (party, person) = try insider(caller, in: meeting)
      try Self.check(sdp: sdp)
      try Self.check(tracks)
      try limitMedia(person.account)
      let ticket = ask(.media(caller))
      hold(.media(.publish(party, ticket, sdp: sdp, tracks)))
    case .answer(let meeting, let number, let sdp):
      let (party, participant) = try insider(caller, in: meeting)
      try Self.check(sdp: sdp)
      try limitMediaNews(participant.account)
      // A newer offer is on its way already, and will be answered too.
      guard number == participant.offer else { return reply(caller, .done) }
      let ticket = ask(.media(caller))
      hold(.media(.answer(party, ticket, number: number, sdp: sdp)))
    case .restart(let meeting):
      let (party, person) = try insider(caller, in: meeting)
      try limitMedia(person.account)
      hold(.media(.restart(party)))
      reply(caller, .done)
    case .wish(let meeting, let wishes, let kbps):
      let (party, person) = try insider(caller, in: meeting)
      try limitMediaNews(person.account)
      guard wishes.count <= HubLimits.mediaWishesMax else {
        throw Rejection(
          .requestInvalid, "At most \(HubLimits.mediaWishesMax) people can be seen at a time.")
      }
      hold(.media(.wish(party, wishes, videoKbpsMax: kbps)))
      reply(caller, .done)
    case .setParticipation(let meeting, let change):
      try setParticipation(caller, meeting, change)
    default: break
    }
  }

  private func insider(
    _ caller: Caller, in meeting: MeetingID
  ) throws(Rejection) -> (MediaParty, Participant) {
    let (party, participant) = try party(caller, in: meeting)
    guard !participant.isWaiting else {
      throw Rejection(.meetingWaiting, "A host has not let you in yet.")
    }
    return (party, participant)
  }

  private static func check(sdp: String) throws(Rejection) {
    guard (1...Limits.sdpBytesMax).contains(sdp.utf8.count) else {
      throw Rejection(
        .mediaUnfit, "A description of a session has 1 to \(Limits.sdpBytesMax) bytes.")
    }
  }

  private static func check(_ tracks: [PublishedTrack]) throws(Rejection) {
    guard tracks.count <= HubLimits.publishedTracksMax,
      tracks.allSatisfy({ (1...HubLimits.midBytesMax).contains($0.mid.utf8.count) }),
      Set(tracks.map(\.mid)).count == tracks.count,
      Set(tracks.map(\.source)).count == tracks.count
    else {
      throw Rejection(
        .mediaUnfit,
        "Each of at most \(HubLimits.publishedTracksMax) tracks has a section and a source of "
          + "its own.")
    }
  }

  private mutating func limitMedia(_ account: AccountID) throws(Rejection) {
    guard let wait = mediaRates.take(account, at: now.monotonic) else { return }
    throw Rejection(
      .rateLimited, "The call is set up anew too often. Wait a little.", retryAfter: wait)
  }

  private mutating func limitMediaNews(_ account: AccountID) throws(Rejection) {
    guard let wait = mediaNewsRates.take(account, at: now.monotonic) else { return }
    throw Rejection(
      .rateLimited, "Too much about one call at once. Wait a little.", retryAfter: wait)
  }

  // MARK: - Oneself

  private mutating func setParticipation(
    _ caller: Caller, _ meeting: MeetingID, _ change: Participation
  ) throws(Rejection) {
    let (party, before) = try party(caller, in: meeting)
    try limitMediaNews(before.account)
    for (source, isOn) in [
      (MediaSource.microphone, change.microphone), (.camera, change.camera),
      (.screen, change.screen),
    ] {
      guard let isOn else { continue }
      setSource(party, source, isOn)
      // What the screen plays goes with it.
      if source == .screen { setSource(party, .screenAudio, isOn) }
    }
    if let hand = change.hand {
      // A hand that is up already keeps its place in the line.
      let raisedAt = hand ? (before.handRaisedAt ?? now.wall) : nil
      meetings.change(party) { $0.handRaisedAt = raisedAt }
    }
    reply(caller, .done)
    tellParticipant(party, by: nil)
  }

  mutating func setSource(_ party: MediaParty, _ source: MediaSource, _ isOn: Bool) {
    guard let participant = meetings.participant(party),
      participant.sources.contains(source) != isOn
    else { return }
    meetings.change(party) { participant in
      if isOn { participant.sources.insert(source) } else { participant.sources.remove(source) }
    }
    if !participant.isWaiting { hold(.media(.forward(party, source, isOn))) }
  }

  // MARK: - From the media side

  mutating func take(_ report: MediaReport) {
    switch report {
    case .published(let ticket, let sdp):
      guard let caller = caller(of: ticket) else { return }
      reply(caller, .mediaAnswer(sdp: sdp))
    case .answered(let ticket):
      guard let caller = caller(of: ticket) else { return }
      reply(caller, .done)
    case .refused(let ticket, let reason):
      guard let caller = caller(of: ticket) else { return }
      refuse(caller, Rejection(.mediaUnfit, reason))
    case .unavailable(let ticket):
      guard let caller = caller(of: ticket) else { return }
      refuse(caller, Rejection(.mediaUnavailable, "This server forwards no sound and pictures."))
    case .offer(let party, let number, let sdp):
      meetings.change(party) { $0.offer = number }
      tell(party, .mediaOffer(party.meeting, number: number, sdp: sdp))
    case .slots(let party, let slots): tell(party, .mediaSlots(party.meeting, slots))
    case .demand(let party, let tracks): tell(party, .mediaDemand(party.meeting, tracks))
    case .lost(let party, let publishing, let subscribing):
      guard let account = meetings.participant(party)?.account else { return }
      tell(
        party,
        .mediaLost(party.meeting, publishing: publishing, subscribing: subscribing))
      logMeeting(of: account, "is not heard any more", "\(party.meeting)")
    case .speaking(let meeting, let participants):
      guard let live = meetings[meeting] else { return }
      let listeners = audience(of: live)
      if !listeners.isEmpty { hold(.notifyAll(listeners, .speaking(meeting, participants))) }
    }
  }

  private mutating func caller(of ticket: Ticket) -> Caller? {
    guard case .media(let caller)? = questions[ticket] else { return nil }
    questions[ticket] = nil
    return caller
  }

  private mutating func tell(_ party: MediaParty, _ notice: Notice) {
    guard let connection = meetings.participant(party)?.connection else { return }
    hold(.notify(connection, notice))
  }
}
