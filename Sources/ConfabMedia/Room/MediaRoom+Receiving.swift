extension MediaRoom {
  /// An RTP packet that was authenticated and decrypted into `slot`, which the room takes over.
  package mutating func receiveRTP<Sink: MediaSink & ~Copyable>(
    _ slot: PacketSlot, bytes: Int, from participant: ParticipantIndex, slab: inout PacketSlab,
    sink: inout Sink, at arrival: UInt64
  ) {
    let index = Int(participant.value)
    let packet = UnsafeRawBufferPointer(rebasing: slab.bytes(slot)[..<bytes])
    guard participants.contains(index), let header = RTPHeader(packet),
      // Some browsers probe with SSRC 0, which no stream has.
      header.ssrc != 0
    else { return slab.giveBack(slot) }
    let extensions = ReceivedExtensions(
      header, in: packet, numbers: participants[index].publishNumbers)
    if let sequence = extensions.transportSequence {
      participants[index].arrivals.record(sequence, ssrc: header.ssrc, at: arrival)
    }
    guard
      let source = participants[index].sources.find(header.ssrc)
        ?? latch(header, extensions, packet, participant: index, at: arrival)
    else { return slab.giveBack(slot) }
    let stream = Int(source.upstream)
    var record = PacketRecord()
    record.slot = slot
    record.arrival = arrival
    guard read(header, extensions, packet, isRepair: source.isRepair, stream, into: &record) else {
      return slab.giveBack(slot)
    }
    let isNew = take(record, in: stream, bytes: bytes, slab: &slab)
    guard isNew else { return slab.giveBack(slot) }
    startTrack(of: stream)
    if streams[stream].kind == .audio {
      if let level = record.audioLevel { heard(streams[stream].track, level: level, at: arrival) }
      forward(record, of: stream, slab: slab, sink: &sink, at: arrival)
      slab.giveBack(slot)
    } else {
      forward(record, of: stream, slab: slab, sink: &sink, at: arrival)
    }
  }

  /// What the packet is in its stream; false for one that says nothing.
  private mutating func read(
    _ header: RTPHeader, _ extensions: ReceivedExtensions, _ packet: UnsafeRawBufferPointer,
    isRepair: Bool, _ stream: Int, into record: inout PacketRecord
  ) -> Bool {
    var start = header.payloadStart
    var count = header.payloadBytes
    var sequence = header.sequence
    if isRepair {
      // A packet that is sent again begins with its first number (RFC 4588 §4); without one it is
      // padding for a probe.
      guard count >= 2 else { return false }
      sequence = packet.word(at: start)
      start += 2
      count -= 2
    } else if header.payloadType != tracks[streams[stream].track].agreed.payloadType {
      return false
    }
    let number =
      isRepair ? streams[stream].numbers.peek(sequence) : streams[stream].numbers.unwrap(sequence)
    // What is sent again belongs to the past; a forged number must not move the stream.
    guard number > 0, !isRepair || number <= streams[stream].numbers.highest else { return false }
    record.sequence = number
    record.timestamp = header.timestamp
    record.marker = header.marker
    record.payloadStart = UInt16(truncatingIfNeeded: start)
    record.payloadBytes = UInt16(truncatingIfNeeded: count)
    record.audioLevel = extensions.audioLevel
    record.videoOrientation = extensions.videoOrientation
    let payload = UnsafeRawBufferPointer(rebasing: packet[start..<start + count])
    switch streams[stream].codec {
    case .opus: record.isStart = true
    case .vp8:
      if count > 0 {
        guard var descriptor = VP8Descriptor(payload) else { return false }
        if let picture = descriptor.pictureID, !descriptor.isPictureIDLong {
          descriptor.pictureID = streams[stream].unwrap(picture: picture)
        }
        record.vp8 = descriptor
        record.isStart = descriptor.isKeyframeStart
      }
    case .h264: record.isStart = H264Payload.isKeyframeStart(payload)
    }
    if record.isStart, streams[stream].codec == .vp8,
      let height = VP8KeyframeHeader.height(payload, after: record.vp8?.bytes ?? 0)
    {
      streams[stream].height = height
    }
    return true
  }

  /// - Returns: false for a duplicate, or one that is too old.
  private mutating func take(
    _ record: PacketRecord, in stream: Int, bytes: Int, slab: inout PacketSlab
  ) -> Bool {
    let place = streams.place(stream)
    let highest = place.pointee.numbers.highest
    let isFirst = !place.pointee.statistics.hasBegun
    let expected = place.pointee.newest + 1
    if place.pointee.kind == .video {
      guard keep(record, in: place, highest: highest, slab: &slab) else { return false }
    } else if record.sequence + 64 < highest || !place.pointee.isNewSound(record.sequence) {
      return false
    }
    place.pointee.statistics.packet(
      record.sequence, timestamp: record.timestamp, at: record.arrival)
    if !place.pointee.rate.isLive(at: record.arrival) { place.pointee.keyframes.renew() }
    place.pointee.rate.add(bytes, at: record.arrival)
    if record.sequence >= expected || isFirst {
      if !isFirst, record.sequence > expected, place.pointee.kind == .video {
        place.pointee.missing.gap(expected..<record.sequence, at: record.arrival)
      }
      place.pointee.newest = record.sequence
    } else {
      place.pointee.missing.arrived(record.sequence)
    }
    if let layer = record.vp8?.temporalLayer {
      place.pointee.temporalLayerMax = max(place.pointee.temporalLayerMax, layer)
    }
    if record.isStart, place.pointee.kind == .video,
      record.sequence > place.pointee.keyframeStart,
      // Further packets with parameter sets belong to the same picture.
      record.timestamp != place.pointee.keyframeTimestamp
    {
      place.pointee.keyframeStart = record.sequence
      place.pointee.keyframeTimestamp = record.timestamp
      place.pointee.keyframes.arrived()
      place.pointee.missing.forget(before: record.sequence)
    }
    return true
  }

  /// - Returns: as `PacketRing.store`.
  private mutating func keep(
    _ record: PacketRecord, in place: UnsafeMutablePointer<Upstream>, highest: UInt64,
    slab: inout PacketSlab
  ) -> Bool {
    let participant = place.pointee.participant
    makeRoom(participant, slab: &slab)
    let before = place.pointee.ring?.count ?? 0
    let isKept = place.pointee.ring?.store(record, highest: highest, slab: &slab) ?? false
    participants[participant].keptPackets += (place.pointee.ring?.count ?? 0) - before
    return isKept
  }

  /// Nobody keeps more than an eighth of what is free: so there is always something for others, and those
  /// who want the most have equal parts.
  private static let partOfFree = 8

  private mutating func makeRoom(_ participant: Int, slab: inout PacketSlab) {
    let allowed = min(limits.keptPacketsMax, slab.slotsFree / Self.partOfFree)
    while participants[participant].keptPackets > max(0, allowed - 1) {
      var fullest = (stream: -1, count: 0)
      for track in participants[participant].tracks {
        for layer in tracks[track].layers.indices {
          let stream = Int(tracks[track].layers[layer])
          guard stream >= 0, let count = streams[stream].ring?.count, count > fullest.count else {
            continue
          }
          fullest = (stream, count)
        }
      }
      // The rest is in streams that are given up at the next tick.
      guard fullest.stream >= 0 else { return }
      streams[fullest.stream].ring?.forgetFirst(slab: &slab)
      participants[participant].keptPackets -= 1
    }
  }

  private mutating func startTrack(of stream: Int) {
    let track = streams[stream].track
    guard !tracks[track].hasStarted else { return }
    tracks[track].hasStarted = true
    events.append(.trackStarted(tracks[track].id))
  }

  // MARK: Latching

  /// A camera that is changed begins anew; nobody changes it more often than this.
  private static let rebindingNanoseconds: UInt64 = 1_000_000_000

  /// Finds out which stream an SSRC is that was not seen before: by the names in the packet, never by
  /// what a description declared when there is a name (str0m 372, janus 1547). Nil when it cannot be
  /// told, and when the participant has claimed enough.
  private mutating func latch(
    _ header: RTPHeader, _ extensions: ReceivedExtensions, _ packet: UnsafeRawBufferPointer,
    participant: Int, at arrival: UInt64
  ) -> SourceTable.Source? {
    guard !participants[participant].sources.isFull,
      let track = track(header, extensions, packet, participant: participant)
    else { return nil }
    let isRepair = header.payloadType == tracks[track].agreed.repairPayloadType
    guard isRepair || header.payloadType == tracks[track].agreed.payloadType,
      let layer = layer(
        (isRepair ? extensions.repairedRid ?? extensions.rid : extensions.rid), packet, of: track)
    else { return nil }
    var stream = Int(tracks[track].layers[layer])
    if isRepair {
      // Without the stream that it repairs it is of no use; its packets say again which it is.
      guard stream >= 0 else { return nil }
    } else {
      if stream >= 0 {
        // The publisher began the layer anew. Each time takes memory, so it is not to be had at will.
        guard arrival >= tracks[track].boundAt[layer] + Self.rebindingNanoseconds else {
          return nil
        }
        retire(stream)
      }
      tracks[track].boundAt[layer] = arrival
      stream = streams.insert(
        Upstream(
          participant: participant, track: track, layer: layer, kind: tracks[track].agreed.kind,
          codec: tracks[track].agreed.codec, ssrc: header.ssrc))
      tracks[track].layers[layer] = Int32(stream)
      attach(stream)
    }
    let source = SourceTable.Source(
      ssrc: header.ssrc, upstream: Int32(stream), isRepair: isRepair)
    participants[participant].sources.add(source)
    return source
  }

  private func track(
    _ header: RTPHeader, _ extensions: ReceivedExtensions, _ packet: UnsafeRawBufferPointer,
    participant: Int
  ) -> Int? {
    let own = participants[participant].tracks
    if let mid = extensions.mid {
      return own.first { tracks[$0].mid.elementsEqual(packet[mid.start..<mid.start + mid.count]) }
    }
    let declared = own.first { track in
      let agreed = tracks[track].agreed
      return agreed.rids.isEmpty
        && (agreed.declaredSSRC == header.ssrc || agreed.declared?.repair == header.ssrc)
    }
    return declared
  }

  /// Nil for a layer that the offer does not name.
  private func layer(_ rid: ByteSpan?, _ packet: UnsafeRawBufferPointer, of track: Int) -> Int? {
    guard !tracks[track].rids.isEmpty else { return 0 }
    guard let rid else { return nil }
    return tracks[track].rids.firstIndex {
      $0.elementsEqual(packet[rid.start..<rid.start + rid.count])
    }
  }

  /// Whoever waits for the layer is told of it.
  private mutating func attach(_ stream: Int) {
    let track = streams[stream].track
    if streams[stream].kind == .audio { return aimSound(track) }
    let listeners = tracks[track].listeners
    for listener in listeners {
      participants[downtracks[Int(listener)].viewer].isAllocationDue = true
    }
  }

  /// The stream is no layer any more; its packets go back to the slab at the next tick.
  private mutating func retire(_ stream: Int) {
    let track = streams[stream].track
    let listeners = tracks[track].listeners
    for listener in listeners
    where downtracks[Int(listener)].current == stream || downtracks[Int(listener)].target == stream
    {
      downtracks[Int(listener)].hold()
    }
    tracks[track].layers[streams[stream].layer] = -1
    participants[streams[stream].participant].sources.remove(upstream: stream)
    streams[stream].isRetired = true
  }

  mutating func removeRetired(slab: inout PacketSlab) {
    for index in 0..<streams.end where streams.contains(index) && streams[index].isRetired {
      emptyRing(of: index, slab: &slab)
      _ = streams.remove(index)
    }
  }

  mutating func emptyRing(of stream: Int, slab: inout PacketSlab) {
    participants[streams[stream].participant].keptPackets -= streams[stream].ring?.count ?? 0
    streams[stream].ring?.removeAll(slab: &slab)
  }

  /// Gives back what streams keep that have stopped.
  mutating func expireRings(slab: inout PacketSlab, at now: UInt64) {
    for index in 0..<streams.end where streams.contains(index) && !streams[index].isRetired {
      let before = streams[index].ring?.count ?? 0
      guard before > 0 else { continue }
      streams[index].ring?.expire(slab: &slab, at: now)
      participants[streams[index].participant].keptPackets -=
        before - (streams[index].ring?.count ?? 0)
    }
  }
}

/// The first bytes of a VP8 key frame (RFC 6386 §9.1): a tag of 3 bytes, a start code, then the size.
enum VP8KeyframeHeader {
  /// Nil when it is not there, as with a payload that is encrypted from end to end.
  static func height(_ payload: UnsafeRawBufferPointer, after descriptor: Int) -> Int? {
    let start = descriptor + 3
    guard payload.count >= start + 7, payload.triple(at: start) == 0x9D012A else { return nil }
    let height = Int(payload[start + 5]) | Int(payload[start + 6] & 0x3F) << 8
    return height > 0 ? height : nil
  }
}
