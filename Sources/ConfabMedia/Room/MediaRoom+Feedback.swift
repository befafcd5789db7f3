extension MediaRoom {
  /// An RTCP datagram, authenticated and decrypted.
  package mutating func receiveRTCP<Sink: MediaSink & ~Copyable>(
    _ datagram: UnsafeRawBufferPointer, from participant: ParticipantIndex, role: TransportRole,
    slab: borrowing PacketSlab, sink: inout Sink, at arrival: UInt64
  ) {
    let index = Int(participant.value)
    guard participants.contains(index) else { return }
    var reader = RTCPReader(datagram)
    while let packet = reader.next() {
      switch role {
      case .publishing: publisherSays(packet, index, at: arrival)
      case .subscribing: viewerSays(packet, index, slab: slab, sink: &sink, at: arrival)
      }
    }
    if isKeyframeRequested {
      isKeyframeRequested = false
      sendKeyframeRequests(sink: &sink, at: arrival)
    }
  }

  // MARK: Publishers

  private mutating func publisherSays(_ packet: RTCPPacket, _ participant: Int, at now: UInt64) {
    // A stream that says goodbye simply stops: a renewed one comes with names again.
    guard let report = SenderReport(packet),
      let source = participants[participant].sources.find(report.ssrc), !source.isRepair
    else { return }
    streams[Int(source.upstream)].statistics.report(report, at: now)
    participants[participant].reported(ntpTime: report.ntpTime, at: now)
  }

  // MARK: Viewers

  private mutating func viewerSays<Sink: MediaSink & ~Copyable>(
    _ packet: RTCPPacket, _ viewer: Int, slab: borrowing PacketSlab, sink: inout Sink,
    at now: UInt64
  ) {
    switch packet.type {
    case RTCPType.senderReport, RTCPType.receiverReport:
      for block in 0..<ReportBlock.count(in: packet) {
        take(ReportBlock(block, in: packet), viewer, at: now)
      }
    case RTCPType.transportFeedback:
      if let feedback = TransportFeedback(packet) {
        let before = participants[viewer].downlink.bitrate
        participants[viewer].downlink.feedback(feedback, at: now)
        if participants[viewer].downlink.bitrate < before {
          participants[viewer].isAllocationDue = true
        }
      } else if NegativeAcknowledgement.isIn(packet) {
        resend(packet, viewer, slab: slab, sink: &sink, at: now)
      }
    case RTCPType.payloadFeedback:
      if let estimate = ReceiverEstimate(packet) {
        participants[viewer].downlink.receiverEstimate(estimate.bitrate)
      } else {
        requestKeyframes(packet, viewer, at: now)
      }
    default: return
    }
  }

  private func downtrack(_ ssrc: UInt32, of viewer: Int) -> Int? {
    guard ssrc != 0 else { return nil }
    return participants[viewer].slots.first { downtracks[$0].ssrc == ssrc }
  }

  private mutating func take(_ block: ReportBlock, _ viewer: Int, at now: UInt64) {
    guard let slot = downtrack(block.ssrc, of: viewer) else { return }
    downtracks[slot].isReported = true
    if block.lastSenderReport != 0 {
      // Middle 32 bits of times: 65,536ths of a second (RFC 3550 §6.4.1).
      let here = NTPTime.middle(NTPTime.from(nanoseconds: now))
      let units = here &- block.lastSenderReport &- block.delaySinceLast
      if units < 10 << 16 { downtracks[slot].roundTrip = UInt64(units) * 1_000_000_000 >> 16 }
    }
    if downtracks[slot].slot.kind == .video {
      participants[viewer].downlink.report(fractionLost: block.fractionLost, at: now)
    }
  }

  private mutating func requestKeyframes(_ packet: RTCPPacket, _ viewer: Int, at now: UInt64) {
    // One packet may name a stream many times; asking twice is the same as asking once.
    KeyframeRequest.forEach(packet) { ssrc in
      guard let slot = downtrack(ssrc, of: viewer) else { return }
      let stream = downtracks[slot].current
      guard stream >= 0, streams[stream].kind == .video, !streams[stream].keyframes.isWanted,
        downtracks[slot].keyframes.take(at: now)
      else { return }
      streams[stream].keyframes.want()
      isKeyframeRequested = true
    }
  }

  // MARK: Sending again

  private mutating func resend<Sink: MediaSink & ~Copyable>(
    _ packet: RTCPPacket, _ viewer: Int, slab: borrowing PacketSlab, sink: inout Sink,
    at now: UInt64
  ) {
    guard let slot = downtrack(packet.mediaSSRC, of: viewer), downtracks[slot].isRepaired else {
      return
    }
    let down = downtracks.place(slot)
    // One request is answered with no more than the line is thought to carry in a moment.
    var left = max(10_000, participants[viewer].downlink.bitrate / 8 / 10)
    NegativeAcknowledgement.forEach(packet) { number in
      guard left > 0 else { return }
      let highest = down.pointee.rewriter.nextSequence - 1
      let behind = UInt64(UInt16(truncatingIfNeeded: highest) &- number)
      guard behind < UInt64(SentPackets.capacity), behind < highest else { return }
      let interval = min(max(down.pointee.roundTrip, 20_000_000), 100_000_000)
      guard
        let entry = down.pointee.sent?.resend(highest - behind, interval: interval, at: now)
      else { return }
      left -= sendAgain(entry, down, isProbe: false, slab: slab, sink: &sink, at: now)
    }
  }

  /// - Returns: how many bytes it took; 0 when the packet is not kept any more.
  mutating func sendAgain<Sink: MediaSink & ~Copyable>(
    _ entry: SentPackets.Entry, _ down: UnsafeMutablePointer<Downtrack>, isProbe: Bool,
    slab: borrowing PacketSlab, sink: inout Sink, at now: UInt64
  ) -> Int {
    let stream = Int(entry.upstream)
    // The stream's place may be another's by now: what is shown must still be of this track.
    guard streams.contains(stream), streams[stream].track == down.pointee.track,
      let payloadType = MediaCodecs.repairPayloadType(of: streams[stream].codec),
      let record = streams[stream].ring?.record(entry.source)?.pointee
    else { return 0 }
    let bytes = Int(record.payloadBytes) + 2
    let header = writeHeader(
      record, of: down, payloadType: payloadType, sequence: down.pointee.repairSequence,
      timestamp: record.timestamp &+ entry.timestampOffset, ssrc: down.pointee.repairSSRC,
      bytes: bytes, isPadded: false, isProbe: isProbe, at: now)
    down.pointee.repairSequence &+= 1
    // The number that it had comes first (RFC 4588 §4).
    scratch.prefix.set(word: UInt16(truncatingIfNeeded: entry.sequence), at: 0)
    var prefix = 2
    if let vp8 = record.vp8 {
      prefix += writeDescriptor(
        vp8, at: 2, pictureOffset: entry.pictureOffset, tl0Offset: entry.tl0Offset,
        keyOffset: entry.keyOffset)
    }
    let out = OutgoingRTP(
      header: header, prefix: UnsafeRawBufferPointer(rebasing: scratch.prefix[..<prefix]),
      payload: payload(record, after: record.vp8?.bytes ?? 0, slab))
    sink.send(out, to: ParticipantIndex(value: Int32(down.pointee.viewer)))
    return out.bytes
  }

  /// Sends what a probe lacks: packets that went out lately, once more, because they may even be of
  /// use; else padding.
  mutating func sendProbe<Sink: MediaSink & ~Copyable>(
    _ viewer: Int, slab: borrowing PacketSlab, sink: inout Sink, at now: UInt64
  ) {
    var left = participants[viewer].downlink.probeBytes(at: now)
    guard left > 0,
      let slot = participants[viewer].slots.first(where: {
        downtracks[$0].slot.kind == .video && downtracks[$0].isRepaired
          && downtracks[$0].current >= 0 && downtracks[$0].rewriter.hasSent
      })
    else { return }
    let down = downtracks.place(slot)
    var sequence = down.pointee.rewriter.nextSequence
    var packets = 0
    while left > 0, packets < 64 {
      packets += 1
      sequence -= 1
      if packets <= 32, let entry = down.pointee.sent?.entry(sequence) {
        let bytes = sendAgain(entry, down, isProbe: true, slab: slab, sink: &sink, at: now)
        left -= bytes
        if bytes > 0 { continue }
      }
      let header = writeHeader(
        nil, of: down, payloadType: MediaCodecs.PayloadType.vp8Repair,
        sequence: down.pointee.repairSequence, timestamp: down.pointee.rewriter.lastTimestamp,
        ssrc: down.pointee.repairSSRC, bytes: 255, isPadded: true, isProbe: true, at: now)
      down.pointee.repairSequence &+= 1
      sink.send(
        OutgoingRTP(
          header: header, prefix: UnsafeRawBufferPointer(start: nil, count: 0),
          payload: scratch.padding(255)),
        to: ParticipantIndex(value: Int32(viewer)))
      left -= 255
    }
  }
}
