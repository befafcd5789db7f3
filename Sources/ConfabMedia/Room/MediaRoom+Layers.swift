/// Which layer of a track goes to whom, as far as the lines carry it, and which of them anybody wants.
extension MediaRoom {
  /// Chooses what of each track goes to the viewer.
  mutating func allocate(_ viewer: Int, at now: UInt64) {
    participants[viewer].isAllocationDue = false
    participants[viewer].lastAllocation = now
    guard participants[viewer].isSubscribingUp else { return }
    let slots = participants[viewer].slots.filter {
      downtracks[$0].slot.kind == .video && downtracks[$0].track >= 0
        && !tracks[downtracks[$0].track].isMuted
    }
    let candidates = slots.map { candidate($0, of: viewer, at: now) }
    let sound = limits.audioSlots * 40_000
    let budget = participants[viewer].downlink.bitrate
    let ceiling = participants[viewer].videoBitrateMax
    let outcome = LayerAllocation.allocate(
      candidates, bitrate: min(max(0, budget - min(sound, budget / 4)), ceiling))
    for (place, slot) in slots.enumerated() {
      aim(slot, at: outcome.choices[place], known: !candidates[place].options.isEmpty)
      note(outcome.shortages[place], slot, at: now)
    }
    // What the viewer does not want is not to be probed for.
    if let wanted = outcome.bitrateWanted, wanted <= ceiling {
      participants[viewer].downlink.wantProbe(to: (wanted + sound) * 5 / 4, at: now)
    }
  }

  private func candidate(
    _ slot: Int, of viewer: Int, at now: UInt64
  ) -> LayerAllocation.Candidate {
    let track = downtracks[slot].track
    let wish = participants[viewer].wishes.first { $0.track == tracks[track].id }
    let options = self.options(of: track, at: now)
    let current = downtracks[slot].current
    return LayerAllocation.Candidate(
      options: options, heightPixels: wish?.heightPixels ?? 180,
      isFirst: (wish?.isOnStage ?? false) || tracks[track].source == .screen,
      current: options.last { option in
        current >= 0 && streams[current].layer == option.layer
          && option.temporalLayer >= downtracks[slot].rewriter.temporalLayerWanted
      })
  }

  /// A track's layers that are being sent, or would be as soon as somebody wants them; the smallest picture
  /// first, and the smallest also at a lower rate of pictures.
  func options(of track: Int, at now: UInt64) -> [LayerAllocation.Option] {
    var options: [LayerAllocation.Option] = []
    for layer in tracks[track].layers.indices {
      let stream = Int(tracks[track].layers[layer])
      guard stream >= 0,
        streams[stream].rate.isLive(at: now) || tracks[track].demand.isPaused(layer, at: now)
      else { continue }
      let height = streams[stream].height == 0 ? 180 << layer : streams[stream].height
      let rate = max(streams[stream].rate.bitsPerSecond, 1)
      options.append(
        LayerAllocation.Option(layer: layer, temporalLayer: .max, bitrate: rate, height: height))
    }
    options.sort { ($0.height, $0.bitrate) < ($1.height, $1.bitrate) }
    if let smallest = options.first {
      let stream = Int(tracks[track].layers[smallest.layer])
      if streams[stream].temporalLayerMax > 0 {
        // The base layer has some 40 % of the bits in browsers' encoders.
        options.insert(
          LayerAllocation.Option(
            layer: smallest.layer, temporalLayer: 0, bitrate: smallest.bitrate * 2 / 5,
            height: smallest.height), at: 0)
      }
    }
    return options
  }

  private mutating func aim(_ slot: Int, at choice: LayerAllocation.Option?, known: Bool) {
    let before = (downtracks[slot].target, downtracks[slot].track)
    let track = downtracks[slot].track
    guard let choice else {
      // Held back when the line is too narrow; without a layer there is nothing to hold back yet.
      if known { downtracks[slot].hold() }
      if before.0 >= 0, known { reportLayer(slot, nil) }
      return
    }
    let stream = Int(tracks[track].layers[choice.layer])
    downtracks[slot].target = stream
    downtracks[slot].rewriter.temporalLayerWanted = choice.temporalLayer
    if before.0 != stream { downtracks[slot].startsPassed = 0 }
    if downtracks[slot].current != stream { streams[stream].keyframes.want() }
    if !tracks[track].demand.isWanted(choice.layer) { isDemandDue = true }
  }

  private mutating func reportLayer(_ slot: Int, _ layer: Int?) {
    events.append(
      .layer(
        viewer: ParticipantIndex(value: Int32(downtracks[slot].viewer)),
        tracks[downtracks[slot].track].id, layer))
  }

  // MARK: What a viewer goes short of

  /// A line that is short for a moment only, as every one is before it is known, is no news.
  private static let shortageNanoseconds: UInt64 = 3_000_000_000

  private mutating func note(_ shortage: MediaShortage, _ slot: Int, at now: UInt64) {
    let down = downtracks.place(slot)
    guard shortage != .none else {
      down.pointee.shortSince = nil
      if down.pointee.shortage != .none { report(.none, slot) }
      return
    }
    let since = down.pointee.shortSince ?? now
    down.pointee.shortSince = since
    if down.pointee.shortage != shortage, now >= since + Self.shortageNanoseconds {
      report(shortage, slot)
    }
  }

  private mutating func report(_ shortage: MediaShortage, _ slot: Int) {
    downtracks[slot].shortage = shortage
    events.append(
      .shortage(
        viewer: ParticipantIndex(value: Int32(downtracks[slot].viewer)), downtracks[slot].slot,
        shortage))
  }

  // MARK: What a publisher is asked for

  /// Tells of each camera and screen whose wanted layers have changed.
  mutating func updateDemand(at now: UInt64) {
    isDemandDue = false
    for track in 0..<tracks.end
    where tracks.contains(track) && tracks[track].agreed.kind == .video {
      let use = layersInUse(of: track, at: now)
      guard tracks[track].demand.update(use, at: now) else { continue }
      let count = max(1, tracks[track].rids.count)
      events.append(
        .demand(tracks[track].id, layers: tracks[track].demand.layers.filter { $0 < count }))
    }
  }

  private func layersInUse(of track: Int, at now: UInt64) -> InlineArray<3, Bool> {
    var use = InlineArray<3, Bool>(repeating: false)
    // What is off is not sent anyway, and is to come at once when it is turned on.
    guard !tracks[track].isMuted else { return InlineArray<3, Bool>(repeating: true) }
    // Whoever looks and sees nothing, because the line is too narrow, gets the smallest back first.
    guard !tracks[track].listeners.isEmpty else { return use }
    if let smallest = options(of: track, at: now).first { use[smallest.layer] = true }
    for layer in use.indices {
      let stream = Int(tracks[track].layers[layer])
      // One that has not come yet, or that its publisher left out, costs nothing and may come any time.
      if stream < 0 || !streams[stream].rate.isLive(at: now) && tracks[track].demand.isWanted(layer)
      {
        use[layer] = true
      }
    }
    for listener in tracks[track].listeners {
      let down = downtracks.place(Int(listener))
      for layer in use.indices {
        let stream = Int(tracks[track].layers[layer])
        if stream >= 0, down.pointee.current == stream || down.pointee.target == stream {
          use[layer] = true
        }
      }
    }
    return use
  }
}
