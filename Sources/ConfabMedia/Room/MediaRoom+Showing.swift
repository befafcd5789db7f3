/// What each viewer sees and hears.
extension MediaRoom {
  /// All that the participant wants to see from now on, the most wanted first.
  ///
  /// - Parameter bitrateMax: of all of it together; 0 for whatever the line bears.
  package mutating func wish(
    _ participant: ParticipantIndex, videos: [VideoWish], bitrateMax: Int = 0, at now: UInt64
  ) {
    let index = Int(participant.value)
    guard participants.contains(index) else { return }
    // Those that are there, each once.
    var wishes: [VideoWish] = []
    for wish in videos where wishes.count < limits.wishesMax {
      guard let track = find(wish.track), tracks[track].agreed.kind == .video,
        !wishes.contains(where: { $0.track == wish.track })
      else { continue }
      wishes.append(wish)
    }
    participants[index].wishes = wishes
    participants[index].videoBitrateMax = bitrateMax == 0 ? .max : bitrateMax
    show(index)
    nextTick = min(nextTick, now)
  }

  /// Gives each track that the viewer wishes for a slot, as far as they go; what has one keeps it. What is
  /// off needs none.
  mutating func show(_ viewer: Int) {
    let slots = participants[viewer].slots.filter { downtracks[$0].slot.kind == .video }
    var wanted: [Int] = []
    for wish in participants[viewer].wishes where wanted.count < slots.count {
      guard let track = find(wish.track), !tracks[track].isMuted else { continue }
      wanted.append(track)
    }
    for slot in slots {
      let track = downtracks[slot].track
      if track >= 0, !wanted.contains(track) { stopShowing(slot) }
    }
    for track in wanted where !slots.contains(where: { downtracks[$0].track == track }) {
      let codec = tracks[track].agreed.codec
      guard
        let free = slots.first(where: {
          downtracks[$0].track < 0 && downtracks[$0].codecs.contains(codec)
        })
      else { continue }
      startShowing(track, in: free)
    }
    participants[viewer].isAllocationDue = true
  }

  mutating func startShowing(_ track: Int, in slot: Int) {
    downtracks[slot].track = track
    tracks[track].listeners.append(Int32(slot))
    report(slot)
  }

  mutating func stopShowing(_ slot: Int) {
    let track = downtracks[slot].track
    guard track >= 0 else { return }
    tracks[track].removeListener(slot)
    downtracks[slot].clear()
    report(slot)
    participants[downtracks[slot].viewer].isAllocationDue = true
  }

  private mutating func report(_ slot: Int) {
    let track = downtracks[slot].track
    events.append(
      .slot(
        viewer: ParticipantIndex(value: Int32(downtracks[slot].viewer)), downtracks[slot].slot,
        track < 0 ? nil : tracks[track].id))
  }

  // MARK: Sound

  mutating func hearEverybody() {
    for index in 0..<participants.end where participants.contains(index) { hear(index) }
  }

  /// Gives the loudest of the others a slot each; who has one keeps it.
  mutating func hear(_ listener: Int) {
    let slots = participants[listener].slots.filter {
      downtracks[$0].slot.kind == .audio && downtracks[$0].codecs.contains(.opus)
    }
    let wanted = ((speakers.screen.map { [$0] } ?? []) + speakers.heard)
      .filter { tracks[$0].participant != listener }.prefix(slots.count)
    for slot in slots {
      let track = downtracks[slot].track
      if track >= 0, !wanted.contains(track) { stopShowing(slot) }
    }
    for track in wanted where !slots.contains(where: { downtracks[$0].track == track }) {
      guard let free = slots.first(where: { downtracks[$0].track < 0 }) else { return }
      startShowing(track, in: free)
      aimSound(track)
    }
  }

  /// Sound needs no key frame: who hears a track hears its next packet.
  mutating func aimSound(_ track: Int) {
    let stream = Int(tracks[track].layers[0])
    let listeners = tracks[track].listeners
    for listener in listeners {
      downtracks[Int(listener)].target = tracks[track].isMuted ? -1 : stream
    }
  }

  /// Between two changes that a packet makes: nobody waits longer to be heard than this.
  private static let hearingNanoseconds: UInt64 = 40_000_000

  /// A packet of a microphone. Who begins to speak is heard with this very packet.
  mutating func heard(_ track: Int, level: UInt8, at now: UInt64) {
    tracks[track].speech.add(level: level, at: now)
    guard now >= nextHearing, !tracks[track].isMuted, !speakers.heard.contains(track),
      speakers.screen != track
    else { return }
    let isLouder = speakers.heard.contains {
      tracks[track].speech.recent(at: now) > tracks[$0].speech.recent(at: now)
        + LoudestSpeakers.loudnessMargin
    }
    guard isLouder else { return }
    nextHearing = now + Self.hearingNanoseconds
    updateSpeakers(at: now)
  }

  mutating func updateSpeakers(at now: UInt64) {
    var microphones: [LoudestSpeakers.Microphone] = []
    var screen: Int?
    for index in 0..<tracks.end
    where tracks.contains(index) && tracks[index].agreed.kind == .audio && !tracks[index].isMuted {
      if tracks[index].source == .screenAudio {
        screen = screen ?? index
        continue
      }
      tracks[index].speech.settle(at: now)
      microphones.append(
        LoudestSpeakers.Microphone(
          track: index, recent: tracks[index].speech.recent(at: now),
          loudness: tracks[index].speech.smoothed, isActive: tracks[index].speech.isActive))
    }
    let changes = speakers.update(microphones, screen: screen, at: now)
    if changes.heard { hearEverybody() }
    if changes.activeTrack {
      let participant = speakers.activeTrack.map { tracks[$0].participant }
      events.append(.activeSpeaker(participant.map { ParticipantIndex(value: Int32($0)) }))
    }
  }
}
