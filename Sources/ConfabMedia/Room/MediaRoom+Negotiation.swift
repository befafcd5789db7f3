extension MediaRoom {
  /// The client's first or next offer for its publishing transport. A track that the new offer does
  /// not have is removed.
  ///
  /// - Parameter sources: by mid; a video track without one is a camera.
  package mutating func publish(
    _ participant: ParticipantIndex, offer: String, local: LocalTransport,
    sources: [(mid: String, source: TrackSource)] = [], slab: inout PacketSlab, at now: UInt64
  ) throws(NegotiationError) -> PublishAnswer {
    let index = Int(participant.value)
    precondition(participants.contains(index))
    let negotiation = try PublishNegotiation(
      offer: offer, local: local,
      session: (UInt64(participants[index].feedbackSSRC), participants[index].publishVersion),
      tracksMax: limits.tracksPerParticipantMax)
    participants[index].publishVersion += 1
    participants[index].publishNumbers = negotiation.numbers
    for track in participants[index].tracks
    where !negotiation.tracks.contains(where: { tracks[track].isSame(as: $0) }) {
      remove(track: track, slab: &slab)
    }
    var published: [Int] = []
    for agreed in negotiation.tracks {
      let source =
        sources.first { $0.mid == agreed.mid }?.source
        ?? (agreed.kind == .audio ? .microphone : .camera)
      if let old = participants[index].tracks.first(where: { tracks[$0].agreed.mid == agreed.mid })
      {
        tracks[old].agreed = agreed
        tracks[old].source = source
        published.append(old)
      } else {
        let track = Uptrack(
          id: TrackID(value: nextTrack), participant: index, agreed: agreed, source: source)
        nextTrack += 1
        let place = tracks.insert(track)
        trackPlaces[tracks[place].id] = place
        published.append(place)
      }
    }
    participants[index].tracks = published
    updateSpeakers(at: now)
    return PublishAnswer(
      sdp: negotiation.answer, remote: negotiation.remote,
      tracks: published.map {
        PublishedTrack(
          id: tracks[$0].id, kind: tracks[$0].agreed.kind, mid: tracks[$0].agreed.mid,
          rids: tracks[$0].agreed.rids)
      })
  }

  /// The offer for the subscribing transport: all slots, used or not. To be made again only for an ICE
  /// restart.
  package mutating func subscribeOffer(
    _ participant: ParticipantIndex, local: LocalTransport
  ) -> String {
    let index = Int(participant.value)
    precondition(participants.contains(index))
    defer { participants[index].subscribeVersion += 1 }
    return SubscribeOffer(
      local: local,
      session: (UInt64(participants[index].feedbackSSRC) + 1, participants[index].subscribeVersion),
      canonicalName: participants[index].canonicalName, slots: offeredSlots(index)
    ).sdp
  }

  package mutating func subscribeAnswer(
    _ participant: ParticipantIndex, answer text: String, at now: UInt64
  ) throws(NegotiationError) -> RemoteTransport {
    let index = Int(participant.value)
    precondition(participants.contains(index))
    let answer = try SubscribeAnswer(text, to: offeredSlots(index))
    participants[index].subscribeNumbers = answer.numbers
    for (place, downtrack) in participants[index].slots.enumerated() {
      downtracks[downtrack].codecs = answer.codecs[place]
      downtracks[downtrack].isRepaired = answer.isRepaired[place]
    }
    hear(index)
    show(index)
    nextTick = min(nextTick, now)
    return answer.remote
  }

  private func offeredSlots(_ viewer: Int) -> [OfferedSlot] {
    participants[viewer].slots.map { index in
      let repair = downtracks[index].repairSSRC
      return OfferedSlot(
        slot: downtracks[index].slot, ssrc: downtracks[index].ssrc,
        repairSSRC: repair == 0 ? nil : repair)
    }
  }

  // MARK: Tracks

  mutating func remove(track: Int, slab: inout PacketSlab) {
    let listeners = tracks[track].listeners
    for listener in listeners { stopShowing(Int(listener)) }
    for layer in tracks[track].layers.indices {
      let stream = Int(tracks[track].layers[layer])
      if stream >= 0 { remove(stream: stream, slab: &slab) }
    }
    let owner = tracks[track].participant
    participants[owner].tracks.removeAll { $0 == track }
    speakers.forget(track)
    trackPlaces[tracks[track].id] = nil
    events.append(.trackRemoved(tracks[track].id))
    _ = tracks.remove(track)
  }

  mutating func remove(stream: Int, slab: inout PacketSlab) {
    let track = streams[stream].track
    tracks[track].layers[streams[stream].layer] = -1
    let listeners = tracks[track].listeners
    for listener in listeners
    where downtracks[Int(listener)].current == stream || downtracks[Int(listener)].target == stream
    {
      downtracks[Int(listener)].hold()
      participants[downtracks[Int(listener)].viewer].isAllocationDue = true
    }
    participants[streams[stream].participant].sources.remove(upstream: stream)
    emptyRing(of: stream, slab: &slab)
    _ = streams.remove(stream)
  }
}

extension Uptrack {
  /// A later offer goes on with the track: its codec and its layers are what they were.
  fileprivate func isSame(as other: NegotiatedTrack) -> Bool {
    agreed.mid == other.mid && agreed.kind == other.kind && agreed.codec == other.codec
      && agreed.payloadType == other.payloadType && agreed.rids == other.rids
  }
}
