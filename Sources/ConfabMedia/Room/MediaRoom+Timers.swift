extension MediaRoom {
  private static let receiverReportNanoseconds: UInt64 = 1_000_000_000
  private static let senderReportNanoseconds: UInt64 = 1_000_000_000
  private static let allocationNanoseconds: UInt64 = 500_000_000
  private static let speechNanoseconds: UInt64 = 100_000_000
  private static let expiryNanoseconds: UInt64 = 250_000_000
  private static let demandNanoseconds: UInt64 = 250_000_000

  /// Everything that the time brings: reports, feedback, requests, the choice of layers, probes.
  package mutating func handleTimeout<Sink: MediaSink & ~Copyable>(
    slab: inout PacketSlab, sink: inout Sink, at now: UInt64
  ) {
    guard participantCount > 0, now >= nextTick else { return }
    nextTick = now + Self.tickNanoseconds
    removeRetired(slab: &slab)
    if now >= nextExpiry {
      nextExpiry = now + Self.expiryNanoseconds
      expireRings(slab: &slab, at: now)
    }
    if now >= nextSpeech {
      nextSpeech = now + Self.speechNanoseconds
      updateSpeakers(at: now)
    }
    for index in 0..<participants.end where participants.contains(index) {
      if participants[index].isSubscribingUp {
        serveViewer(index, slab: slab, sink: &sink, at: now)
      }
    }
    if isDemandDue || now >= nextDemand {
      nextDemand = now + Self.demandNanoseconds
      updateDemand(at: now)
    }
    for index in 0..<participants.end where participants.contains(index) {
      if participants[index].isPublishingUp { servePublisher(index, sink: &sink, at: now) }
    }
    sendKeyframeRequests(sink: &sink, at: now)
  }

  // MARK: Publishers

  private mutating func servePublisher<Sink: MediaSink & ~Copyable>(
    _ index: Int, sink: inout Sink, at now: UInt64
  ) {
    let participant = ParticipantIndex(value: Int32(index))
    let ssrc = participants[index].feedbackSSRC
    var packets = 0
    // One datagram speaks of a few hundred packets; a second one is rare.
    while participants[index].arrivals.isDue(at: now), packets < 4 {
      var writer = RTCPWriter(scratch.rtcp)
      guard participants[index].arrivals.write(sender: ssrc, to: &writer, at: now) else { break }
      packets += 1
      sink.send(
        rtcp: UnsafeRawBufferPointer(rebasing: scratch.rtcp[..<writer.position]),
        to: participant, role: .publishing)
    }
    let isReportDue =
      now >= participants[index].lastReceiverReport + Self.receiverReportNanoseconds
    if isReportDue { participants[index].lastReceiverReport = now }
    var writer = RTCPWriter(scratch.rtcp)
    for track in participants[index].tracks {
      for layer in tracks[track].layers.indices {
        let stream = Int(tracks[track].layers[layer])
        guard stream >= 0 else { continue }
        // The first report is not to be waited for: until then the browser names its streams in each
        // packet.
        if isReportDue || !streams[stream].isReported {
          writeReport(stream, ssrc, to: &writer, at: now)
        }
        askForMissing(stream, ssrc, writer: &writer, at: now)
        if writer.remaining < 256 { flush(&writer, to: participant, sink: &sink) }
      }
    }
    if isReportDue { writeEstimate(index, to: &writer) }
    flush(&writer, to: participant, sink: &sink)
  }

  private func flush<Sink: MediaSink & ~Copyable>(
    _ writer: inout RTCPWriter, to participant: ParticipantIndex, sink: inout Sink
  ) {
    guard writer.position > 0 else { return }
    sink.send(
      rtcp: UnsafeRawBufferPointer(rebasing: scratch.rtcp[..<writer.position]), to: participant,
      role: .publishing)
    writer = RTCPWriter(scratch.rtcp)
  }

  private mutating func writeReport(
    _ stream: Int, _ ssrc: UInt32, to writer: inout RTCPWriter, at now: UInt64
  ) {
    guard streams[stream].statistics.hasBegun else { return }
    streams[stream].isReported = true
    let block = streams[stream].statistics.block(ssrc: streams[stream].ssrc, at: now)
    withUnsafePointer(to: block) {
      writer.receiverReport(ssrc: ssrc, blocks: UnsafeBufferPointer(start: $0, count: 1))
    }
  }

  private mutating func askForMissing(
    _ stream: Int, _ ssrc: UInt32, writer: inout RTCPWriter, at now: UInt64
  ) {
    guard tracks[streams[stream].track].agreed.isNackUsed else { return }
    if !streams[stream].missing.isEmpty {
      withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 32) { numbers in
        let count = streams[stream].missing.due(at: now, into: numbers)
        guard count > 0 else { return }
        writer.nack(
          sender: ssrc, media: streams[stream].ssrc,
          numbers: UnsafeBufferPointer(rebasing: numbers[..<count]))
      }
    }
    // What is lost for good leaves pictures broken until the next key frame.
    if streams[stream].missing.takeBroken(), isWatched(stream) {
      streams[stream].keyframes.want()
    }
  }

  private func isWatched(_ stream: Int) -> Bool {
    tracks[streams[stream].track].listeners.contains { downtracks[Int($0)].current == stream }
  }

  /// Browsers that offered `goog-remb` take it as a ceiling.
  private mutating func writeEstimate(_ index: Int, to writer: inout RTCPWriter) {
    var ssrcs: [UInt32] = []
    for track in participants[index].tracks where tracks[track].agreed.kind == .video {
      for layer in tracks[track].layers.indices where tracks[track].layers[layer] >= 0 {
        ssrcs.append(streams[Int(tracks[track].layers[layer])].ssrc)
      }
    }
    guard !ssrcs.isEmpty, writer.remaining > 128 else { return }
    ssrcs.withUnsafeBufferPointer {
      writer.receiverEstimate(
        sender: participants[index].feedbackSSRC, bitrate: UInt64(limits.publishBitrateMax),
        streams: UnsafeBufferPointer(rebasing: $0.prefix(16)))
    }
  }

  /// Sends the requests that are due, to all publishers.
  mutating func sendKeyframeRequests<Sink: MediaSink & ~Copyable>(
    sink: inout Sink, at now: UInt64
  ) {
    for stream in 0..<streams.end where streams.contains(stream) && !streams[stream].isRetired {
      guard streams[stream].keyframes.isWanted else { continue }
      // Nobody waits for it any more, or its transport is not there.
      let track = streams[stream].track
      let isAwaited = tracks[track].listeners.contains {
        downtracks[Int($0)].target == stream || downtracks[Int($0)].current == stream
      }
      guard isAwaited, participants[streams[stream].participant].isPublishingUp else { continue }
      guard streams[stream].keyframes.takeDue(at: now) else { continue }
      let participant = streams[stream].participant
      var writer = RTCPWriter(scratch.rtcp)
      writer.pictureLoss(
        sender: participants[participant].feedbackSSRC, media: streams[stream].ssrc)
      sink.send(
        rtcp: UnsafeRawBufferPointer(rebasing: scratch.rtcp[..<writer.position]),
        to: ParticipantIndex(value: Int32(participant)), role: .publishing)
      events.append(.keyframeRequested(tracks[track].id))
    }
  }

  // MARK: Viewers

  private mutating func serveViewer<Sink: MediaSink & ~Copyable>(
    _ index: Int, slab: borrowing PacketSlab, sink: inout Sink, at now: UInt64
  ) {
    if participants[index].downlink.lowerInSilence(at: now) {
      participants[index].isAllocationDue = true
    }
    if participants[index].isAllocationDue
      || now >= participants[index].lastAllocation + Self.allocationNanoseconds
    {
      allocate(index, at: now)
    }
    sendProbe(index, slab: slab, sink: &sink, at: now)
    var writer = RTCPWriter(scratch.rtcp)
    let viewer = ParticipantIndex(value: Int32(index))
    for slot in participants[index].slots {
      let down = downtracks.place(slot)
      guard down.pointee.current >= 0, down.pointee.rewriter.hasSent,
        now >= down.pointee.lastSenderReport + Self.senderReportNanoseconds
      else { continue }
      down.pointee.lastSenderReport = now
      writeSenderReport(down, to: &writer, at: now)
      if writer.remaining < 128 { flush(&writer, toViewer: viewer, sink: &sink) }
    }
    flush(&writer, toViewer: viewer, sink: &sink)
  }

  private func flush<Sink: MediaSink & ~Copyable>(
    _ writer: inout RTCPWriter, toViewer viewer: ParticipantIndex, sink: inout Sink
  ) {
    guard writer.position > 0 else { return }
    sink.send(
      rtcp: UnsafeRawBufferPointer(rebasing: scratch.rtcp[..<writer.position]), to: viewer,
      role: .subscribing)
    writer = RTCPWriter(scratch.rtcp)
  }

  private func writeSenderReport(
    _ down: UnsafeMutablePointer<Downtrack>, to writer: inout RTCPWriter, at now: UInt64
  ) {
    let stream = down.pointee.current
    let clockRate = UInt64(streams[stream].codec.clockRate)
    let offset = participants[streams[stream].participant].clockOffset
    // What the publisher's clock shows now, in the stream's time; else what has passed since the last
    // packet.
    let reported = offset.flatMap { offset in
      streams[stream].statistics.timestamp(
        atNTPNanoseconds: UInt64(bitPattern: Int64(bitPattern: now) &- offset))
    }
    let elapsed = (now - min(now, down.pointee.rewriter.lastSentAt)) * clockRate / 1_000_000_000
    let time =
      reported.map { $0 &+ down.pointee.rewriter.timestampOffset }
      ?? down.pointee.rewriter.lastTimestamp &+ UInt32(truncatingIfNeeded: elapsed)
    writer.senderReport(
      SenderReport(
        ssrc: down.pointee.ssrc, ntpTime: NTPTime.from(nanoseconds: now), rtpTime: time,
        packetCount: down.pointee.packetCount, octetCount: down.pointee.octetCount))
    var name = participants[down.pointee.viewer].canonicalName
    name.withUTF8 { writer.sourceDescription(ssrc: down.pointee.ssrc, name: .init($0)) }
  }
}
