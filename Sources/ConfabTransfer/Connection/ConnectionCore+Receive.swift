/// A packet that may be opened.
struct IncomingPacket: Sendable {
  var number: UInt64
  var key: KeySchedule.ReceiveKey
  var payloadCount: Int
}

/// New bytes of the content, by their place in the payload.
struct ContentDelivery: Sendable {
  var offset: UInt64
  var start: Int
  var count: Int
}

extension ConnectionCore {
  mutating func drop() { statistics.datagramsDropped += 1 }

  /// The packet could not be opened: forged, or damaged.
  mutating func failedToOpen(at now: UInt64) {
    drop()
    forgeries += 1
    guard forgeries >= forgeriesMax else { return }
    violated(.keyWornOut, at: now)
  }

  /// Nil when there is nothing to open: a datagram of the handshake, which is dealt with here, or one
  /// that is none of ours or was there before.
  mutating func admit(
    _ datagram: UnsafeRawBufferPointer, from address: PathAddress, at now: UInt64
  ) -> IncomingPacket? {
    guard datagram.count > 0, phase != .closed else { return nil }
    // An answer from here would show where this side is.
    if isRelayOnly, paths.index(of: address) == nil {
      drop()
      return nil
    }
    guard ShortHeaderType.matches(datagram[0]) else {
      receiveHandshake(datagram, from: address, at: now)
      return nil
    }
    guard let header = ShortHeader(datagram), header.receiver == localIndex else {
      drop()
      return nil
    }
    guard phase != .handshaking else {
      if role == .recipient { handshake.hurry(at: now) }
      drop()
      return nil
    }
    let number = PacketNumber.expand(header.truncatedNumber, expected: replay.end)
    guard replay.isNew(number) else {
      statistics.datagramsReplayed += 1
      return nil
    }
    return IncomingPacket(
      number: number, key: keys.key(bit: header.keyPhase, number: number),
      payloadCount: datagram.count - PacketLimits.shortHeaderBytes - PacketLimits.tagBytes)
  }

  /// The packet is authentic.
  mutating func opened(
    _ packet: IncomingPacket, from address: PathAddress, bytes: Int, mark: ECNMark, at now: UInt64
  ) {
    let isNewest = packet.number >= replay.end
    replay.insert(packet.number)
    keys.opened(packet.number, with: packet.key)
    isUrgent = received.insert(packet.number)
    if isNewest { largestReceivedAt = now }
    lastHeardAt = now
    statistics.packetsReceived += 1
    statistics.bytesReceived += UInt64(bytes)
    isConfirmed = true
    count(mark)
    pendingContent = nil
    isAckEliciting = false
    isProbing = true
    arrivalPath = heard(from: address, bytes: bytes, at: now)
    isNewestPacket = isNewest
  }

  private mutating func count(_ mark: ECNMark) {
    switch mark {
    case .none: return
    case .ect0: marks.ect0 += 1
    case .ect1: marks.ect1 += 1
    case .congestionExperienced:
      marks.congestionExperienced += 1
      isUrgent = true
    }
    hasMarks = true
  }

  /// Goes through the packet's frames until one brings new content; nil at the end.
  mutating func nextDelivery(
    _ reader: inout FrameReader, _ payload: UnsafeRawBufferPointer, at now: UInt64
  ) -> ContentDelivery? {
    do throws(TransportViolation) {
      while phase == .established || phase == .closing {
        if let delivery = try newPart() { return delivery }
        guard let frame = reader.next() else {
          if reader.isMalformed { throw .malformedFrame }
          return nil
        }
        try handle(frame, payload, at: now)
      }
    } catch {
      pendingContent = nil
      violated(error, at: now)
    }
    return nil
  }

  private mutating func newPart() throws(TransportViolation) -> ContentDelivery? {
    guard let (range, start) = pendingContent else { return nil }
    guard let part = try contentIn.takeNew(range) else {
      pendingContent = nil
      return nil
    }
    let skipped = Int(part.lowerBound - range.lowerBound)
    let count = Int(part.upperBound - part.lowerBound)
    pendingContent =
      part.upperBound == range.upperBound
      ? nil : (part.upperBound..<range.upperBound, start + skipped + count)
    statistics.contentBytesReceived += UInt64(count)
    return ContentDelivery(offset: part.lowerBound, start: start + skipped, count: count)
  }

  private mutating func handle(
    _ frame: Frame, _ payload: UnsafeRawBufferPointer, at now: UInt64
  ) throws(TransportViolation) {
    switch frame {
    case .padding: break
    case .acknowledgement(let acknowledgement):
      isProbing = false
      try acknowledged(acknowledgement, at: now)
    case .pathChallenge(let token):
      if let arrivalPath { challenged(token, on: arrivalPath, at: now) }
    case .pathResponse(let token): pathAnswered(token, at: now)
    case .close(let code, let start, let count):
      let reason = String(decoding: payload[start..<start + count], as: UTF8.self)
      end(.byPeer(code: code, reason: reason))
    default:
      isProbing = false
      isAckEliciting = true
      try handleEliciting(frame, payload, at: now)
    }
  }

  private mutating func handleEliciting(
    _ frame: Frame, _ payload: UnsafeRawBufferPointer, at now: UInt64
  ) throws(TransportViolation) {
    switch frame {
    case .ping: isUrgent = true
    case .content(let offset, let start, let count):
      guard role == .recipient else { throw .contentOutOfBounds }
      pendingContent = (offset..<offset + UInt64(count), start)
      expectsMore = true
    case .control(let offset, let start, let count):
      try controlIn.receive(
        UnsafeRawBufferPointer(rebasing: payload[start..<start + count]), at: offset)
      expectsMore = true
    case .contentCredit(let bytes): contentOut.raiseCredit(to: bytes)
    case .controlCredit(let bytes): controlOut.raiseCredit(to: bytes)
    case .candidates(let start, let count): learnCandidates(payload, start, count, at: now)
    default: break
    }
  }

  mutating func finishedPacket(_ packet: IncomingPacket, at now: UInt64) {
    if isAckEliciting {
      policy.received(isUrgent: isUrgent, roundTrip: recovery.roundTrip.smoothed, at: now)
    }
    if !isProbing, isNewestPacket, let arrivalPath { peerSent(on: arrivalPath, at: now) }
    if phase == .closing, isAckEliciting {
      // Whoever still sends has not heard yet (RFC 9000 §10.2.1).
      owesClose = true
    }
  }
}
