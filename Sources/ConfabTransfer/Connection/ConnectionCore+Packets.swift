import Primitives

/// A packet in the buffer, to be completed with content and sealed.
struct PacketPlan: Sendable {
  /// Where it begins in the buffer.
  var start: Int
  var payloadCount = 0
  var record: SentPacket
  /// Content to be read to `contentPlace`.
  var chunk: ContentScheduler.Chunk?
  var contentPlace = 0
  var hasAcknowledgement = false

  var datagramBytes: Int {
    PacketLimits.shortHeaderBytes + payloadCount + PacketLimits.tagBytes
  }
}

extension ConnectionCore {
  /// Writes the next packet of a train, all but its content; nil when there is no more to put in one.
  mutating func assemble(
    _ plan: inout TrainPlan, _ buffer: UnsafeMutableRawPointer, at now: UInt64
  ) -> PacketPlan? {
    guard plan.packetsLeft > 0, phase == .established || phase == .closing,
      !recovery.sent.isFull
    else { return nil }
    if recovery.sent.next == nextSkip { skipNumber(at: now) }
    var packet = PacketPlan(
      start: plan.position, record: SentPacket(number: recovery.sent.next, sentAt: now))
    packet.record.state = .untracked
    // Some kernels corrupt trains of which all datagrams have one size (Linux 7.0 to 7.1.4).
    let isTail = plan.isTrain && plan.packetsLeft == 1 && plan.position > 0
    let size = plan.segmentBytes - (isTail ? 1 : 0)
    var writer = PacketWriter(
      buffer + plan.position, from: PacketLimits.shortHeaderBytes,
      to: size - PacketLimits.tagBytes)
    write(plan, &packet, &writer, at: now)
    guard writer.position > PacketLimits.shortHeaderBytes else { return nil }
    packet.payloadCount = writer.position - PacketLimits.shortHeaderBytes
    packet.record.bytes = UInt16(packet.datagramBytes)
    ShortHeader(
      keyPhase: keys.sendBit, receiver: remoteIndex,
      truncatedNumber: PacketNumber.truncate(packet.record.number)
    ).write(to: buffer + plan.position)
    return packet
  }

  private mutating func skipNumber(at now: UInt64) {
    recovery.skipNumber(at: now)
    nextSkip += UInt64.random(in: TransferLimits.skipDistance, using: &skipChance)
  }

  private mutating func write(
    _ plan: TrainPlan, _ packet: inout PacketPlan, _ writer: inout PacketWriter, at now: UInt64
  ) {
    switch plan.purpose {
    case .close:
      if let closing { writer.close(code: closing.code, reason: closing.reason) }
    case .pathChallenge:
      writer.pathChallenge(paths[plan.path].token)
      pad(&writer, plan.path)
    case .pathResponse:
      writer.pathResponse(paths[plan.path].owedResponse ?? 0)
      pad(&writer, plan.path)
    case .sizeProbe:
      writer.ping()
      writer.zeros(writer.remaining)
      packet.record.state = .outstanding
      packet.record.contents = .sizeProbe
    case .acknowledgement: writeAcknowledgement(&packet, &writer, isAlone: true, at: now)
    case .data, .timeoutProbe:
      if plan.position == 0, policy.unacknowledged > 0 {
        writeAcknowledgement(&packet, &writer, isAlone: false, at: now)
      }
      writeData(plan, &packet, &writer)
    }
  }

  /// A path that carries the smallest packets of a connection carries this (RFC 9000 §8.2.1), unless
  /// so many bytes may not go there yet.
  private func pad(_ writer: inout PacketWriter, _ path: Int) {
    if paths[path].sendRoom >= PacketLimits.baseDatagramBytes { writer.zeros(writer.remaining) }
  }

  private mutating func writeAcknowledgement(
    _ packet: inout PacketPlan, _ writer: inout PacketWriter, isAlone: Bool, at now: UInt64
  ) {
    let written = writer.acknowledgement(
      ranges: received.ranges, delayMicroseconds: (now - largestReceivedAt) / 1_000,
      marks: hasMarks ? marks : nil, hostDrops: hostDrops)
    guard written > 0 else { return }
    packet.hasAcknowledgement = true
    packet.record.contents.insert(.acknowledgement)
    packet.record.contentOffset = received.largest ?? 0
    let isConfirmationDue =
      received.rangeCount > TransferLimits.rangesUnconfirmedMax
      && now - min(now, lastConfirmationAskedAt) > recovery.roundTrip.smoothed
    if isAlone, isConfirmationDue, writer.remaining > 0 {
      writer.ping()
      packet.record.state = .outstanding
    }
  }

  private mutating func writeData(
    _ plan: TrainPlan, _ packet: inout PacketPlan, _ writer: inout PacketWriter
  ) {
    let start = writer.position
    if plan.purpose == .timeoutProbe, writer.remaining > 0 { writer.ping() }
    writeSmallFrames(&packet, &writer)
    writeControl(&packet, &writer)
    writeContent(plan, &packet, &writer)
    if owesPing, writer.position == start, writer.remaining > 0 { writer.ping() }
    if writer.position > start { packet.record.state = .outstanding }
  }

  private mutating func writeSmallFrames(
    _ packet: inout PacketPlan, _ writer: inout PacketWriter
  ) {
    if contentIn.owesCredit, writer.remaining >= PacketWriter.creditBytes(contentIn.credit) {
      writer.contentCredit(contentIn.credit)
      packet.record.contents.insert(.contentCredit)
    }
    if controlIn.owesCredit,
      writer.remaining >= PacketWriter.creditBytes(controlIn.creditToTell)
    {
      writer.controlCredit(controlIn.creditToTell)
      packet.record.contents.insert(.controlCredit)
    }
    if owesAnnouncements,
      writer.remaining >= PacketWriter.candidatesBytes(announcements.count)
    {
      writer.candidates(announcements)
      packet.record.contents.insert(.candidates)
    }
  }

  private mutating func writeControl(_ packet: inout PacketPlan, _ writer: inout PacketWriter) {
    guard controlOut.hasSendable else { return }
    // The header's size depends on the offset; the longest is good for all.
    let room = writer.remaining - PacketWriter.controlHeaderBytes(offset: PacketLimits.integerMax)
    guard let range = controlOut.next(atMost: room) else { return }
    writer.controlHeader(offset: range.lowerBound, count: range.count)
    controlOut.copy(range, to: writer.place)
    writer.skip(range.count)
    packet.record.controlOffset = range.lowerBound
    packet.record.controlCount = UInt16(range.count)
  }

  /// Content comes last, so that it needs no length. Where a train goes on and the content leaves but
  /// a little of the datagram empty, padding makes up for it.
  private mutating func writeContent(
    _ plan: TrainPlan, _ packet: inout PacketPlan, _ writer: inout PacketWriter
  ) {
    guard contentOut.hasSendable else { return }
    let header = PacketWriter.contentHeaderBytes(offset: .max, hasLength: true)
    guard writer.remaining > header else { return }
    guard let first = contentOut.next(atMost: 1) else { return }
    let offset = first.range.lowerBound
    let short = PacketWriter.contentHeaderBytes(offset: offset, hasLength: false)
    guard let chunk = contentOut.next(atMost: writer.remaining - short) else { return }
    let count = Int(chunk.range.upperBound - chunk.range.lowerBound)
    let empty = writer.remaining - short - count
    let isPadded =
      plan.packetsLeft > 1 && empty >= 2 && empty <= plan.segmentBytes / TransferLimits.paddedPart
    writer.contentHeader(offset: offset, count: count, hasLength: isPadded)
    packet.contentPlace = packet.start + writer.position
    writer.skip(count)
    if isPadded { writer.zeros(writer.remaining) }
    packet.chunk = chunk
    packet.record.contentOffset = offset
    packet.record.contentCount = UInt16(count)
    packet.record.contents.remove(.acknowledgement)
  }
}
