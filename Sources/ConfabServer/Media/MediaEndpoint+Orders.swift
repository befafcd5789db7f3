import ConfabHub
import ConfabMedia
import ConfabNetwork
import Primitives

// What the hub has the endpoint do.
extension MediaEndpoint {
  func perform(
    _ order: MediaOrder, at now: MonotonicTime, into outgoing: inout OutgoingDatagrams
  ) {
    switch order {
    case .openMeeting(let id):
      if meetings[id] == nil {
        meetings[id] = LiveMeetingMedia(id: id, seed: UInt64.random(in: 0...(.max), using: &random))
      }
    case .closeMeeting(let id):
      guard let meeting = meetings[id] else { return }
      for member in Array(meeting.members.values) { leave(member, at: now, into: &outgoing) }
      meetings[id] = nil
    case .join(let party): join(party, at: now)
    case .leave(let party):
      if let member = member(party) { leave(member, at: now, into: &outgoing) }
    case .publish(let party, let ticket, let sdp, let tracks):
      setup.report(publish(party, ticket, sdp, tracks, at: now, into: &outgoing))
    case .answer(let party, let ticket, let number, let sdp):
      setup.report(answer(party, ticket, number, sdp, at: now, into: &outgoing))
    case .retell(let party):
      if let member = member(party) { retell(member, at: now) }
    case .restart(let party):
      if let member = member(party) { offer(member, at: now) }
    case .wish(let party, let wishes, let kilobits):
      guard let member = member(party) else { return }
      (member.wishes, member.videoKilobitsMax) = (wishes, kilobits)
      applyWishes(of: member, at: now)
    case .forward(let party, let source, let isForwarded):
      forward(party, source, isForwarded, at: now)
    }
  }

  private func member(_ party: MediaParty) -> MeetingMember? {
    meetings[party.meeting]?.members[party.participant]
  }

  // MARK: - People

  private func join(_ party: MediaParty, at now: MonotonicTime) {
    guard let meeting = meetings[party.meeting], meeting.members[party.participant] == nil else {
      return
    }
    do throws(MediaRoomError) {
      let index = try meeting.room.join(at: now.nanoseconds)
      let member = MeetingMember(party: party, index: index, meeting: meeting)
      meeting.add(member)
      offer(member, at: now)
    } catch {
      setup.report(.lost(party, publishing: true, subscribing: true))
    }
    drain(meeting)
  }

  private func leave(
    _ member: MeetingMember, at now: MonotonicTime, into outgoing: inout OutgoingDatagrams
  ) {
    for connection in [member.publishing, member.subscribing].compactMap(\.self) {
      close(connection, at: now, into: &outgoing)
    }
    let meeting = member.meeting
    meeting.room.leave(member.index, slab: &slab, at: now.nanoseconds)
    drain(meeting)
    meeting.remove(member)
  }

  // MARK: - The subscribing connection, which we offer

  /// Offers it, for the first time or with new credentials.
  private func offer(_ member: MeetingMember, at now: MonotonicTime) {
    let credentials = ICECredentials(using: &random)
    if let connection = member.subscribing {
      connection.restart(credentials)
      name(connection, credentials.fragment)
    } else {
      _ = open(.subscribing, of: member, credentials: credentials, at: now)
    }
    member.offerNumber += 1
    let sdp = member.meeting.room.subscribeOffer(member.index, local: local(credentials))
    setup.report(.offer(member.party, number: member.offerNumber, sdp: sdp))
  }

  private func answer(
    _ party: MediaParty, _ ticket: Ticket, _ number: UInt32, _ sdp: String,
    at now: MonotonicTime, into outgoing: inout OutgoingDatagrams
  ) -> MediaReport {
    guard let member = member(party) else { return Self.gone(ticket) }
    guard number == member.offerNumber, let connection = member.subscribing else {
      return .refused(ticket, reason: "It answers an offer that does not stand any more.")
    }
    do throws(NegotiationError) {
      let remote = try member.meeting.room.subscribeAnswer(
        member.index, answer: sdp, at: now.nanoseconds)
      guard let fingerprint = CertificateFingerprint(bytes: remote.fingerprint) else {
        return .refused(ticket, reason: "Its fingerprint is not SHA-256.")
      }
      let current = renewed(
        connection, unless: fingerprint, credentials: connection.credentials, at: now,
        into: &outgoing)
      current.setRemote(fragment: remote.iceUsernameFragment, fingerprint: fingerprint)
      member.answeredNumber = number
      serve(current, at: now, into: &outgoing)
      drain(member.meeting)
      return .answered(ticket)
    } catch {
      return .refused(ticket, reason: error.sentence)
    }
  }

  // MARK: - The publishing connection, which they offer

  private func publish(
    _ party: MediaParty, _ ticket: Ticket, _ sdp: String, _ tracks: [ConfabHub.PublishedTrack],
    at now: MonotonicTime, into outgoing: inout OutgoingDatagrams
  ) -> MediaReport {
    guard let member = member(party) else { return Self.gone(ticket) }
    let credentials = publishingCredentials(of: member, offer: sdp)
    do throws(NegotiationError) {
      let answer = try member.meeting.room.publish(
        member.index, offer: sdp, local: local(credentials),
        sources: tracks.map { (mid: $0.mid, source: $0.source.trackSource) }, slab: &slab,
        at: now.nanoseconds)
      guard let fingerprint = CertificateFingerprint(bytes: answer.remote.fingerprint) else {
        return .refused(ticket, reason: "Its fingerprint is not SHA-256.")
      }
      connect(
        member, credentials, answer.remote.iceUsernameFragment, fingerprint, at: now,
        into: &outgoing)
      setTracks(answer.tracks, sources: tracks, of: member, at: now)
      drain(member.meeting)
      return .published(ticket, sdp: answer.sdp)
    } catch {
      return .refused(ticket, reason: error.sentence)
    }
  }

  /// Ours change when theirs do, which is a restart (RFC 8839 §4.4.1.1.1).
  private func publishingCredentials(of member: MeetingMember, offer: String) -> ICECredentials {
    guard let connection = member.publishing, let known = connection.remoteFragment,
      Self.fragment(in: offer) == known[...]
    else { return ICECredentials(using: &random) }
    return connection.credentials
  }

  private static func fragment(in description: String) -> Substring? {
    let attribute = "a=ice-ufrag:"
    return description.split(whereSeparator: \.isNewline).first { $0.hasPrefix(attribute) }?
      .dropFirst(attribute.count)
  }

  private func connect(
    _ member: MeetingMember, _ credentials: ICECredentials, _ remoteFragment: String,
    _ fingerprint: CertificateFingerprint, at now: MonotonicTime,
    into outgoing: inout OutgoingDatagrams
  ) {
    let current: MediaConnection
    if let connection = member.publishing {
      current = renewed(
        connection, unless: fingerprint, credentials: credentials, at: now, into: &outgoing)
    } else {
      current = open(.publishing, of: member, credentials: credentials, at: now)
    }
    if current.credentials != credentials {
      current.restart(credentials)
      name(current, credentials.fragment)
    }
    current.setRemote(fragment: remoteFragment, fingerprint: fingerprint)
    serve(current, at: now, into: &outgoing)
  }

  /// Another certificate is another browser connection: the one before is over.
  private func renewed(
    _ connection: MediaConnection, unless fingerprint: CertificateFingerprint,
    credentials: ICECredentials, at now: MonotonicTime, into outgoing: inout OutgoingDatagrams
  ) -> MediaConnection {
    if connection.isSame(fingerprint) { return connection }
    let (member, role) = (connection.member, connection.role)
    close(connection, at: now, into: &outgoing)
    return open(role, of: member, credentials: credentials, at: now)
  }

  private func setTracks(
    _ published: [ConfabMedia.PublishedTrack], sources: [ConfabHub.PublishedTrack],
    of member: MeetingMember, at now: MonotonicTime
  ) {
    let before = member.tracks
    member.tracks = published.map { track in
      let said = sources.first { $0.mid == track.mid }?.source
      let source = said ?? (track.kind == .audio ? .microphone : .camera)
      return MeetingMember.Track(
        id: track.id, mid: track.mid, rids: track.rids, source: source,
        wanted: before.first { $0.id == track.id }?.wanted)
    }
    for track in member.tracks where !before.contains(where: { $0.id == track.id }) {
      member.meeting.room.setMuted(
        track.id, !member.forwarded.contains(track.source), at: now.nanoseconds)
    }
    // Somebody may have wished for it before it was there.
    for other in member.meeting.members.values where !other.wishes.isEmpty {
      applyWishes(of: other, at: now)
    }
  }

  private static func gone(_ ticket: Ticket) -> MediaReport {
    .refused(ticket, reason: "You are not in this meeting any more.")
  }

  private func local(_ credentials: ICECredentials) -> LocalTransport {
    LocalTransport(
      iceUsernameFragment: credentials.fragment, icePassword: credentials.password,
      fingerprint: setup.dtls.fingerprint.bytes, candidates: setup.candidates)
  }

  // MARK: - What goes to whom

  private func forward(
    _ party: MediaParty, _ source: MediaSource, _ isForwarded: Bool, at now: MonotonicTime
  ) {
    guard let member = member(party) else { return }
    if isForwarded { member.forwarded.insert(source) } else { member.forwarded.remove(source) }
    for track in member.tracks where track.source == source {
      member.meeting.room.setMuted(track.id, !isForwarded, at: now.nanoseconds)
    }
    drain(member.meeting)
  }

  /// Tells what was told while nobody listened.
  private func retell(_ member: MeetingMember, at now: MonotonicTime) {
    tellSlots(of: member)
    tellDemand(of: member)
    let isPublishingLost = member.publishing == nil && !member.tracks.isEmpty
    let isSubscribingLost = member.subscribing == nil
    if isPublishingLost || isSubscribingLost {
      setup.report(
        .lost(member.party, publishing: isPublishingLost, subscribing: isSubscribingLost))
    }
    // Whether the offer or its answer was lost: a new one is right in both cases.
    if !isSubscribingLost, member.answeredNumber < member.offerNumber { offer(member, at: now) }
  }

  private func applyWishes(of member: MeetingMember, at now: MonotonicTime) {
    let videos = member.wishes.enumerated().compactMap { place, wish -> VideoWish? in
      guard let owner = member.meeting.members[wish.participant],
        let track = owner.tracks.first(where: { $0.source == wish.source })
      else { return nil }
      return VideoWish(
        track: track.id, heightPixels: Int(clamping: wish.height), isOnStage: place == 0)
    }
    member.meeting.room.wish(
      member.index, videos: videos, bitrateMax: Int(member.videoKilobitsMax) * 1_000,
      at: now.nanoseconds)
    drain(member.meeting)
  }
}

extension MediaSource {
  fileprivate var trackSource: TrackSource {
    switch self {
    case .microphone: .microphone
    case .screenAudio: .screenAudio
    case .camera: .camera
    case .screen: .screen
    }
  }
}

extension NegotiationError {
  /// For whoever wrote the client.
  fileprivate var sentence: String {
    switch self {
    case .malformed(let what): "The description cannot be read: \(what)."
    case .tooLarge: "The description is too large."
    case .unsupported(let what): "The description lacks what is needed: \(what)."
    case .mismatched(let what): "The description does not answer the offer: \(what)."
    }
  }
}
