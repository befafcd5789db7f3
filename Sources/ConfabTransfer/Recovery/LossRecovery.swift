/// The peer did what no honest endpoint does; the connection ends with this reason.
package enum TransportViolation: UInt16, Error, Hashable, Sendable {
  case malformedFrame = 1
  /// Acknowledged a packet that was never sent.
  case acknowledgedUnsent = 2
  case contentCreditExceeded = 3
  case controlCreditExceeded = 4
  /// Content beyond the end of what was offered, or content from the side that presents nothing.
  case contentOutOfBounds = 5
  /// More holes in the stream than any honest loss leaves.
  case tooManyHoles = 6
  /// More packets failed to open, or were sealed with one key that the other side never moved on from,
  /// than AES-GCM is safe for (RFC 9001 §6.6).
  case keyWornOut = 7
}

/// Finds out which packets arrived and which did not: RACK (RFC 8985) for losses between
/// acknowledgements, the probe timeout (RFC 9002 §6.2) for those at the end.
///
/// After `acknowledge` and `timeout` the three lists say what became of packets; the lists' storage
/// is kept from call to call.
package struct LossRecovery: ~Copyable {
  /// The backed-off probe timeout grows no further, so that a path that comes back after a blackout
  /// is noticed soon.
  package static let probeTimeoutMax: UInt64 = 3_000_000_000
  /// Lost packets that are remembered in case they were only late.
  static let rememberedLossesMax = 1_024
  /// kPersistentCongestionThreshold (RFC 9002 §7.6.1), in probe timeouts.
  static let persistentCongestionThreshold: UInt64 = 3

  package private(set) var sent = SentPackets()
  package private(set) var roundTrip = RoundTrip()
  package private(set) var window = ReorderingWindow()

  // What the last call found, each list in the order of packet numbers.
  package private(set) var acknowledged: [SentPacket] = []
  package private(set) var lost: [SentPacket] = []
  /// Declared lost earlier, acknowledged now.
  package private(set) var spurious: [SentPacket] = []
  package private(set) var isPersistentCongestion = false
  /// Nil when the last acknowledgement brought no sample.
  package private(set) var latestSample: UInt64?

  /// Of the path in use, without size probes.
  package private(set) var bytesInFlight = 0
  package private(set) var epoch: UInt8 = 0
  package private(set) var probeCount = 0

  /// Numbers declared lost, in order.
  private var rememberedLosses: [UInt64] = []
  private var largestAcknowledged: UInt64?
  /// The packet sent last of those acknowledged, and its round trip (RFC 8985 §5.2, RACK.xmit_ts).
  private var newestSentAt: UInt64 = 0
  private var newestRoundTrip: UInt64 = 0
  private var lastSentAt: UInt64 = 0
  private var lossTime: UInt64?
  /// The two numbers left out last.
  private var skipped: (UInt64?, UInt64?) = (nil, nil)
  /// Until when the packets of the path before may still be acknowledged.
  private var olderEpochDelay: UInt64 = 0

  package init() {
    rememberedLosses.reserveCapacity(Self.rememberedLossesMax)
  }

  package var isAnythingOutstanding: Bool { sent.outstandingCount > 0 }

  package mutating func packetSent(_ packet: SentPacket, _ snapshot: SendSnapshot?) {
    var packet = packet
    packet.epoch = epoch
    if packet.state == .outstanding {
      lastSentAt = packet.sentAt
      if !packet.isSizeProbe { bytesInFlight += Int(packet.bytes) }
    }
    sent.append(packet, snapshot)
  }

  package mutating func skipNumber(at now: UInt64) {
    skipped = (sent.next, skipped.0)
    sent.skip(at: now)
  }

  /// Whoever acknowledges without having received cannot know which numbers were left out. These may be
  /// below the oldest that is looked at.
  private func claimsSkipped(_ ranges: UnsafeBufferPointer<PacketNumberRange>) -> Bool {
    guard let latest = skipped.0 else { return false }
    let earlier = skipped.1 ?? latest
    for range in ranges where range.first <= latest && range.last >= earlier {
      if range.first <= earlier || range.last >= latest { return true }
    }
    return false
  }

  package func snapshot(_ packet: SentPacket) -> SendSnapshot { sent.snapshot(packet.number) }

  /// A round trip measured by other means: the handshake's, or a path's validation.
  package mutating func measured(roundTrip sample: UInt64) {
    roundTrip.update(sample)
  }

  /// - Parameter ranges: the newest first, as they came.
  package mutating func acknowledge(
    _ ranges: UnsafeBufferPointer<PacketNumberRange>, delay: UInt64, at now: UInt64
  ) throws(TransportViolation) {
    forgetFindings()
    guard let newest = ranges.first else { return }
    guard newest.last < sent.next, !claimsSkipped(ranges) else { throw .acknowledgedUnsent }
    try resolve(ranges)
    findMistakes(ranges, at: now)
    if let last = acknowledged.last {
      largestAcknowledged = max(largestAcknowledged ?? 0, last.number)
      if last.epoch == epoch, last.number == newest.last, now > last.sentAt {
        roundTrip.update(now - last.sentAt, acknowledgementDelay: delay)
        latestSample = now - last.sentAt
      }
      if last.epoch == epoch, last.sentAt >= newestSentAt {
        newestSentAt = last.sentAt
        newestRoundTrip = now - min(now, last.sentAt)
      }
      probeCount = 0
    }
    findLosses(at: now)
    sent.settle()
  }

  private mutating func forgetFindings() {
    acknowledged.removeAll(keepingCapacity: true)
    lost.removeAll(keepingCapacity: true)
    spurious.removeAll(keepingCapacity: true)
    isPersistentCongestion = false
    latestSample = nil
  }

  /// Only numbers from the oldest outstanding one on are looked at, so that an acknowledgement costs
  /// what is new in it, not all that it repeats.
  private mutating func resolve(
    _ ranges: UnsafeBufferPointer<PacketNumberRange>
  ) throws(TransportViolation) {
    let oldest = sent.oldest
    for range in ranges.reversed() where range.last >= oldest {
      var number = max(range.first, oldest)
      while number <= range.last {
        let state = sent.state(number)
        if state == .skipped { throw .acknowledgedUnsent }
        if state == .outstanding, let packet = sent.packet(number) {
          sent.resolve(number, as: .acknowledged)
          if packet.epoch == epoch, !packet.isSizeProbe { bytesInFlight -= Int(packet.bytes) }
          acknowledged.append(packet)
        }
        number += 1
      }
    }
  }

  /// Both lists are in order, so one walk through them finds the packets in both.
  private mutating func findMistakes(
    _ ranges: UnsafeBufferPointer<PacketNumberRange>, at now: UInt64
  ) {
    guard !rememberedLosses.isEmpty else { return }
    var rangeIndex = ranges.count - 1
    var kept = 0
    for index in rememberedLosses.indices {
      let number = rememberedLosses[index]
      while rangeIndex >= 0, ranges[rangeIndex].last < number { rangeIndex -= 1 }
      let isAcknowledged = rangeIndex >= 0 && ranges[rangeIndex].first <= number
      if !isAcknowledged {
        rememberedLosses[kept] = number
        kept += 1
      } else if let packet = sent.packet(number), packet.state == .lost {
        sent.resolve(number, as: .acknowledged)
        spurious.append(packet)
        if packet.epoch == epoch {
          let expected = packet.sentAt + roundTrip.smoothed
          window.mistaken(displacement: now > expected ? now - expected : 0)
        }
      }
    }
    rememberedLosses.removeSubrange(kept...)
  }

  /// RFC 8985 §6.2 step 5. Numbers rise with time, so the first packet that may still arrive ends
  /// the search.
  private mutating func findLosses(at now: UInt64) {
    lossTime = nil
    guard let largestAcknowledged else { return }
    let patience = max(
      newestRoundTrip + window.duration(roundTrip), RoundTrip.granularity)
    var firstSent: UInt64?
    var number = sent.oldest
    while number < largestAcknowledged {
      defer { number += 1 }
      guard sent.state(number) == .outstanding, let packet = sent.packet(number) else {
        // Something in between arrived: what was lost before it is another spell of losses.
        if sent.state(number) == .acknowledged { firstSent = nil }
        continue
      }
      let isOvertaken =
        window.usesPacketThreshold && packet.epoch == epoch
        && largestAcknowledged - number >= ReorderingWindow.packetThreshold
      let deadline =
        packet.sentAt + (packet.epoch == epoch ? patience : max(patience, olderEpochDelay))
      guard isOvertaken || deadline <= now else {
        lossTime = deadline
        break
      }
      declareLost(packet)
      if packet.epoch == epoch, !packet.isSizeProbe {
        let first = firstSent ?? packet.sentAt
        firstSent = first
        if roundTrip.hasSample,
          packet.sentAt - first > Self.persistentCongestionThreshold * roundTrip.probeTimeout
        {
          isPersistentCongestion = true
        }
      }
    }
    if lost.contains(where: { !$0.isSizeProbe }) { window.recoveryBegan() }
  }

  private mutating func declareLost(_ packet: SentPacket) {
    sent.resolve(packet.number, as: .lost)
    if packet.epoch == epoch, !packet.isSizeProbe { bytesInFlight -= Int(packet.bytes) }
    lost.append(packet)
    guard !packet.isSizeProbe else { return }
    if rememberedLosses.count == Self.rememberedLossesMax {
      rememberedLosses.removeFirst(Self.rememberedLossesMax / 4)
    }
    rememberedLosses.append(packet.number)
  }

  /// Nil when nothing is outstanding.
  package var deadline: UInt64? {
    if let lossTime { return lossTime }
    guard isAnythingOutstanding else { return nil }
    return lastSentAt + probeTimeout
  }

  /// With its backing off.
  package var probeTimeout: UInt64 {
    min(
      roundTrip.probeTimeout << UInt64(min(probeCount, 10)),
      max(Self.probeTimeoutMax, roundTrip.probeTimeout))
  }

  package enum TimeoutOutcome: Hashable, Sendable {
    case nothing
    /// `lost` says which.
    case losses
    /// Nothing was heard for too long: send something that makes the peer answer.
    case probe
  }

  package mutating func timeout(at now: UInt64) -> TimeoutOutcome {
    guard let deadline, deadline <= now else { return .nothing }
    forgetFindings()
    if lossTime != nil {
      findLosses(at: now)
      sent.settle()
      return .losses
    }
    probeCount += 1
    // The next one counts from here, though nothing may be sendable now.
    lastSentAt = now
    return .probe
  }

  /// The oldest and the newest packets outstanding with content or control bytes, which a probe
  /// repeats: either the whole window is gone or only its end.
  package func probeCandidates() -> (SentPacket?, SentPacket?) {
    var first: SentPacket?
    var number = sent.oldest
    while number < sent.next, first == nil {
      if let packet = carrying(number) { first = packet }
      number += 1
    }
    guard let first else { return (nil, nil) }
    number = sent.next - 1
    while number > first.number {
      if let packet = carrying(number) { return (first, packet) }
      number -= 1
    }
    return (first, nil)
  }

  private func carrying(_ number: UInt64) -> SentPacket? {
    guard sent.state(number) == .outstanding, let packet = sent.packet(number) else { return nil }
    return packet.contentCount > 0 || packet.controlCount > 0 ? packet : nil
  }

  /// Bytes that were sent before are asked for anew: late acknowledgements of the old ones must not
  /// count for them.
  package mutating func forgetLosses() {
    rememberedLosses.removeAll(keepingCapacity: true)
  }

  /// From now on packets take another path, of which nothing is known but `sample`.
  ///
  /// - Parameter isOldPathDead: declares everything on it lost at once instead of waiting for what
  ///   may still arrive.
  package mutating func pathChanged(roundTrip sample: UInt64?, isOldPathDead: Bool, at now: UInt64)
  {
    forgetFindings()
    olderEpochDelay = 2 * roundTrip.probeTimeout
    epoch &+= 1
    bytesInFlight = 0
    roundTrip = RoundTrip()
    if let sample { roundTrip.update(sample) }
    window = ReorderingWindow()
    (newestSentAt, newestRoundTrip, probeCount, lossTime) = (now, roundTrip.smoothed, 0, nil)
    lastSentAt = now
    guard isOldPathDead else { return }
    var number = sent.oldest
    while number < sent.next {
      if sent.state(number) == .outstanding, let packet = sent.packet(number) {
        declareLost(packet)
      }
      number += 1
    }
    sent.settle()
  }
}
