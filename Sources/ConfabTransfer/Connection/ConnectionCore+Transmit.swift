import Primitives

/// A train that is being filled.
struct TrainPlan: Sendable {
  enum Purpose: Sendable {
    case data
    /// After a timeout: something that the peer must answer.
    case timeoutProbe
    /// Nothing but an acknowledgement may leave.
    case acknowledgement
    case close
    case pathChallenge
    case pathResponse
    case sizeProbe
  }

  var purpose: Purpose
  var path: Int
  /// The size of every datagram but the last.
  var segmentBytes: Int
  var packetsLeft: Int
  var isTrain: Bool
  /// Bytes filled so far.
  var position = 0

  init(_ purpose: Purpose, path: Int, segmentBytes: Int, packets: Int = 1) {
    self.purpose = purpose
    self.path = path
    self.segmentBytes = segmentBytes
    packetsLeft = packets
    isTrain = packets > 1
  }
}

extension ConnectionCore {
  /// So many numbers of the ring are kept for what is not content, so that a full window never keeps
  /// a probe or an acknowledgement back.
  private static let reservedNumbers: UInt64 = 4_096

  var hasElicitingToSend: Bool {
    hasStreamsToSend || owesPing || contentIn.owesCredit || controlIn.owesCredit
      || owesAnnouncements
  }

  private var hasStreamsToSend: Bool { contentOut.hasSendable || controlOut.hasSendable }

  mutating func planTrain(capacity: Int, at now: UInt64) -> TrainPlan? {
    guard capacity >= PacketLimits.baseDatagramBytes else { return nil }
    guard !recovery.sent.isFull else {
      // Whoever sends and never acknowledges would hold all of that for ever.
      if let oldest = recovery.sent.packet(recovery.sent.oldest),
        oldest.sentAt + TransferLimits.idleTimeout <= now
      {
        end(.idle)
      }
      return nil
    }
    switch phase {
    case .handshaking, .closed: return nil
    case .closing:
      guard owesClose, let active = paths.active, paths[active].sendRoom > 0 else { return nil }
      return TrainPlan(.close, path: active, segmentBytes: PacketLimits.baseDatagramBytes)
    case .established: break
    }
    if let path = paths.owedResponse {
      return TrainPlan(.pathResponse, path: path, segmentBytes: PacketLimits.baseDatagramBytes)
    }
    if let path = paths.dueChallenge(at: now) {
      return TrainPlan(.pathChallenge, path: path, segmentBytes: PacketLimits.baseDatagramBytes)
    }
    guard let active = paths.active else { return nil }
    if let size = sizeToProbe(active, capacity: capacity, at: now) {
      return TrainPlan(.sizeProbe, path: active, segmentBytes: size)
    }
    return planData(active, capacity: capacity, at: now)
  }

  /// Only whoever has much to send wants to know, and only while the path is well.
  private mutating func sizeToProbe(_ active: Int, capacity: Int, at now: UInt64) -> Int? {
    guard isConfirmed, !contentOut.isEmpty, owedProbes == 0, paths[active].isValidated,
      !isSearchingPath, let size = paths[active].sizes.nextProbe(at: now), size <= capacity
    else { return nil }
    return size
  }

  private mutating func planData(_ active: Int, capacity: Int, at now: UInt64) -> TrainPlan? {
    var segment = paths[active].sizes.current
    // Large packets may be the very reason why nothing is heard (RFC 8899 §4.3).
    if owedProbes > 0, recovery.probeCount >= 2 { segment = PacketLimits.baseDatagramBytes }
    segment = min(segment, capacity)
    let room = paths[active].sendRoom
    guard room >= min(segment, PacketLimits.baseDatagramBytes) else { return nil }
    let most = min(
      PacketLimits.trainSegmentsMax,
      min(capacity, room, PacketLimits.datagramBytesMax) / segment)
    if owedProbes > 0 {
      return TrainPlan(
        .timeoutProbe, path: active, segmentBytes: segment, packets: max(1, min(most, owedProbes)))
    }
    if hasElicitingToSend, hasNumbersForData {
      let time = MonotonicTime(nanoseconds: now)
      let allowed = congestion.allowance(bytesInFlight: recovery.bytesInFlight, at: time)
      if allowed > 0 {
        pacedUntil = nil
        return TrainPlan(
          .data, path: active, segmentBytes: segment, packets: max(1, min(most, allowed / segment)))
      }
      // Never in the past: there would be no end of asking.
      pacedUntil = congestion.nextAllowance(at: time).map { max($0.nanoseconds, now + 1_000) }
    }
    guard policy.isDue else { return nil }
    return TrainPlan(.acknowledgement, path: active, segmentBytes: segment)
  }

  private var hasNumbersForData: Bool {
    recovery.sent.next - recovery.sent.oldest
      < UInt64(SentPackets.capacityMax) - Self.reservedNumbers
  }

  /// The packet is ready to leave: from here on its number is used and its contents count as sent.
  mutating func sealed(_ packet: PacketPlan, _ plan: inout TrainPlan, at now: UInt64) {
    let bytes = packet.datagramBytes
    plan.position += bytes
    plan.packetsLeft -= 1
    if bytes < plan.segmentBytes { plan.packetsLeft = 0 }
    keys.packetSealed()
    paths[plan.path].bytesSent += UInt64(bytes)
    statistics.packetsSent += 1
    statistics.bytesSent += UInt64(bytes)
    lastSentAt = now
    var snapshot: SendSnapshot?
    if packet.record.state == .outstanding, !packet.record.isSizeProbe {
      snapshot = congestion.packetSent(
        bytes: bytes, bytesInFlight: recovery.bytesInFlight,
        at: MonotonicTime(nanoseconds: now))
    }
    recovery.packetSent(packet.record, snapshot)
    if packet.hasAcknowledgement {
      policy.sent()
      statistics.acknowledgementsSent += 1
    }
    if let chunk = packet.chunk {
      contentOut.sent(chunk)
      statistics.contentBytesSent += UInt64(packet.record.contentCount)
    }
    if packet.record.controlCount > 0 { controlOut.sent(packet.record.controlRange) }
    settleDebts(packet, plan, at: now)
  }

  private mutating func settleDebts(
    _ packet: PacketPlan, _ plan: TrainPlan, at now: UInt64
  ) {
    let contents = packet.record.contents
    if contents.contains(.contentCredit) { contentIn.owesCredit = false }
    if contents.contains(.controlCredit) { controlIn.owesCredit = false }
    if contents.contains(.candidates) { owesAnnouncements = false }
    switch plan.purpose {
    case .timeoutProbe:
      owedProbes -= 1
      owesPing = false
    case .close: owesClose = false
    case .pathChallenge: paths.challenged(plan.path, at: now)
    case .pathResponse: paths[plan.path].owedResponse = nil
    case .sizeProbe: paths[plan.path].sizes.probeSent(packet.record.number)
    case .acknowledgement:
      if packet.record.state == .outstanding { lastConfirmationAskedAt = now }
    // Whatever left asks for an answer as well as a ping does.
    case .data: owesPing = false
    }
  }

  mutating func finish(_ plan: TrainPlan, at now: UInt64) -> Train? {
    if plan.purpose == .data, !contentOut.hasSendable {
      congestion.applicationLimited(bytesInFlight: recovery.bytesInFlight)
    }
    guard plan.position > 0 else { return nil }
    return Train(
      path: paths[plan.path].address, bytes: plan.position,
      segmentBytes: min(plan.position, plan.segmentBytes),
      isMTUProbe: plan.purpose == .sizeProbe)
  }
}
