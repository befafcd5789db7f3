import Primitives

/// What acknowledgements tell, and what follows from losses.
extension ConnectionCore {
  mutating func acknowledged(
    _ frame: AcknowledgementFrame, at now: UInt64
  ) throws(TransportViolation) {
    statistics.remoteHostDrops = max(statistics.remoteHostDrops, frame.hostDrops)
    // No honest delay comes near this; a multiplication must not overflow.
    let delay = min(frame.delayMicroseconds, RoundTrip.acknowledgementDelayMax) * 1_000
    let ranges = UnsafeBufferPointer(start: rangeScratch, count: frame.rangeCount)
    try recovery.acknowledge(ranges, delay: delay, at: now)
    keys.acknowledged(frame.largest)
    congestion.beginAcknowledgement(at: MonotonicTime(nanoseconds: now))
    for packet in recovery.spurious { arrivedAfterAll(packet) }
    for packet in recovery.acknowledged { arrived(packet) }
    if !recovery.acknowledged.isEmpty {
      owedProbes = 0
      isSearchingPath =
        isSearchingPath
        && recovery.acknowledged.allSatisfy {
          $0.epoch != recovery.epoch
        }
    }
    applyLosses(at: now)
  }

  private mutating func arrived(_ packet: SentPacket) {
    if packet.epoch == recovery.epoch, let active = paths.active {
      if packet.isSizeProbe {
        if paths[active].sizes.probeAcknowledged(packet.number) {
          congestion.datagramBytesChanged(paths[active].sizes.current)
        }
        return
      }
      congestion.packetAcknowledged(recovery.snapshot(packet), bytes: Int(packet.bytes))
      paths[active].sizes.acknowledged(bytes: Int(packet.bytes), number: packet.number)
    }
    settle(packet)
  }

  private mutating func arrivedAfterAll(_ packet: SentPacket) {
    statistics.packetsSpuriouslyLost += 1
    if packet.epoch == recovery.epoch {
      congestion.spuriousLoss(recovery.snapshot(packet), bytes: Int(packet.bytes))
    }
    if packet.contentCount > 0 { contentOut.foundAgain(packet.contentRange) }
    settle(packet)
  }

  /// What the packet carried is with the other side.
  private mutating func settle(_ packet: SentPacket) {
    if packet.contentCount > 0 {
      statistics.contentBytesAcknowledged += UInt64(packet.contentCount)
      acknowledgedContent.insert(packet.contentRange)
    } else if packet.contents.contains(.acknowledgement) {
      received.forget(through: packet.contentOffset)
    }
    controlOut.acknowledged(packet.controlRange)
  }

  /// After `recovery` has declared packets lost, by an acknowledgement or by time.
  mutating func applyLosses(at now: UInt64) {
    var largestLostSentAt: UInt64?
    var smallest = Int.max
    var first = UInt64.max
    for packet in recovery.lost {
      repair(packet)
      guard packet.epoch == recovery.epoch, let active = paths.active else { continue }
      if packet.isSizeProbe {
        paths[active].sizes.probeLost(packet.number)
        continue
      }
      congestion.packetLost(recovery.snapshot(packet), bytes: Int(packet.bytes))
      largestLostSentAt = max(largestLostSentAt ?? 0, packet.sentAt)
      smallest = min(smallest, Int(packet.bytes))
      first = min(first, packet.number)
    }
    if smallest != .max, let active = paths.active,
      paths[active].sizes.lost(
        smallest: smallest, first: first, next: recovery.sent.next, at: now)
    {
      statistics.blackHoles += 1
      congestion.datagramBytesChanged(paths[active].sizes.current)
    }
    let time = MonotonicTime(nanoseconds: now)
    congestion.endAcknowledgement(
      bytesInFlight: recovery.bytesInFlight,
      latestRTT: recovery.latestSample.map { .nanoseconds(Int64(clamping: $0)) },
      smoothedRTT: .nanoseconds(Int64(clamping: recovery.roundTrip.smoothed)),
      minRTT: .nanoseconds(Int64(clamping: recovery.roundTrip.minimum)),
      largestLostSentAt: largestLostSentAt.map { MonotonicTime(nanoseconds: $0) }, at: time)
    if recovery.isPersistentCongestion { congestion.persistentCongestion(at: time) }
    pacedUntil = nil
  }

  /// What the packet carried is sent again, each thing in its own way.
  mutating func repair(_ packet: SentPacket) {
    guard !packet.isSizeProbe else { return }
    statistics.packetsLost += 1
    repeatStreams(of: packet)
    if packet.contents.contains(.contentCredit) { contentIn.owesCredit = true }
    if packet.contents.contains(.controlCredit) { controlIn.owesCredit = true }
    if packet.contents.contains(.candidates) { owesAnnouncements = true }
  }

  mutating func repeatStreams(of packet: SentPacket) {
    if packet.contentCount > 0 { contentOut.lost(packet.contentRange) }
    if packet.controlCount > 0 { controlOut.lost(packet.controlRange) }
  }
}
