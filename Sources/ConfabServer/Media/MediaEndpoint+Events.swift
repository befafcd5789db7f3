import ConfabHub
import ConfabMedia
import ConfabNetwork

// What the rooms tell, for the hub.
extension MediaEndpoint {
  func drain(_ meeting: LiveMeetingMedia) {
    // Whoever is told says all of it each time: once is enough.
    var watching: [ParticipantIndex] = []
    var publishing: [ParticipantIndex] = []
    while let event = meeting.room.nextEvent() {
      switch event {
      case .activeSpeaker(let index):
        let speaker = index.flatMap { meeting.member($0) }
        setup.report(.speaking(meeting.id, speaker.map { [$0.party.participant] } ?? []))
      case .slot(let viewer, let slot, let track):
        meeting.member(viewer)?.show(track, in: slot)
        if !watching.contains(viewer) { watching.append(viewer) }
      case .shortage(let viewer, let slot, let shortage):
        meeting.member(viewer)?.note(shortage, in: slot)
        if !watching.contains(viewer) { watching.append(viewer) }
      case .demand(let track, let layers):
        guard let (member, _) = meeting.owner(of: track) else { continue }
        member.want(layers, of: track)
        if !publishing.contains(member.index) { publishing.append(member.index) }
      case .keyframeRequested: tally.keyframeRequests += 1
      case .trackStarted, .trackRemoved, .layer: break
      }
    }
    for index in watching { meeting.member(index).map(tellSlots) }
    for index in publishing { meeting.member(index).map(tellDemand) }
  }

  func tellSlots(of member: MeetingMember) {
    setup.report(
      .slots(
        member.party,
        member.slots.compactMap { shown in
          guard let (owner, track) = member.meeting.owner(of: shown.track) else { return nil }
          return ConfabHub.MediaSlot(
            mid: shown.slot.mid, participant: owner.party.participant, source: track.source,
            shortage: shown.shortage)
        }))
  }

  /// Says nothing when all is wanted and nothing else was ever said.
  func tellDemand(of member: MeetingMember) {
    guard member.tracks.contains(where: { $0.wanted != nil }) else { return }
    setup.report(
      .demand(
        member.party,
        member.tracks.compactMap { track in
          guard track.source == .camera || track.source == .screen else { return nil }
          let places = track.wanted ?? Array(track.rids.indices)
          return TrackDemand(
            mid: track.mid, isWanted: track.wanted.map { !$0.isEmpty } ?? true,
            rids: track.rids.indices.filter(places.contains).map { track.rids[$0] })
        }))
  }
}

extension MeetingMember {
  /// Another connection sends everything, until it is told otherwise.
  func forgetDemand() {
    for place in tracks.indices { tracks[place].wanted = nil }
  }

  fileprivate func show(_ track: TrackID?, in slot: ConfabMedia.MediaSlot) {
    slots.removeAll { $0.slot == slot }
    if let track { slots.append(Slot(slot: slot, track: track)) }
  }

  fileprivate func note(_ shortage: MediaShortage, in slot: ConfabMedia.MediaSlot) {
    guard let place = slots.firstIndex(where: { $0.slot == slot }) else { return }
    slots[place].shortage =
      switch shortage {
      case .none: nil
      case .reduced: .reduced
      case .heldBack: .heldBack
      }
  }

  fileprivate func want(_ layers: [Int], of track: TrackID) {
    guard let place = tracks.firstIndex(where: { $0.id == track }) else { return }
    tracks[place].wanted = layers
  }
}
