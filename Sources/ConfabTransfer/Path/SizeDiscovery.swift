/// Finds the largest datagram that a path carries, by sending padded ones (DPLPMTUD, RFC 8899), and
/// notices when what used to pass passes no more.
///
/// Sizes are of UDP payloads. The common ones are tried first, going up; where one fails, the first
/// question is whether anything above the last success passes at all, and only then where between.
package struct SizeDiscovery: Sendable {
  /// MTU 1,280 with room to spare; tunnels; Ethernet under IPv6 and IPv4; jumbo frames; loopback.
  static let commonSizes = [1_280, 1_400, 1_452, 1_472, 8_972, PacketLimits.datagramBytesMax]
  /// MAX_PROBES (RFC 8899 §5.1.2).
  static let lossesMax = 3
  /// Sizes nearer than this to each other are the same.
  static let precision = 16
  /// PMTU_RAISE_TIMER (RFC 8899 §5.1.1).
  static let searchInterval: UInt64 = 600_000_000_000
  /// After a black hole the path deserves less trust than an hour of doubt, but some.
  static let blackHoleInterval: UInt64 = 60_000_000_000
  /// Spells of losses, a round trip each at least, with no large packet arriving from the first on,
  /// before the path is taken for a black hole.
  static let suspiciousSpellsMax = 3

  /// What may be sent.
  package private(set) var current = PacketLimits.baseDatagramBytes
  private var limit: Int
  /// The smallest size known to fail.
  private var failed: Int?
  private var probing: (size: Int, losses: Int)?
  private var probeNumber: UInt64?
  /// Until then nothing is tried; nil while a search is under way.
  package private(set) var nextSearchAt: UInt64?

  private var suspiciousSpells = 0
  /// The first packet of the first of these spells: one as large that left after it and arrived clears
  /// the path.
  private var suspiciousSince: UInt64 = 0
  /// What left before this number belongs to the last spell.
  private var spellEnd: UInt64 = 0
  /// The newest packet of full size that arrived.
  private var largestArrived: UInt64?

  /// - Parameter limit: what the local interface takes.
  package init(limit: Int) {
    self.limit = max(PacketLimits.baseDatagramBytes, min(limit, PacketLimits.datagramBytesMax))
  }

  package var isProbeInFlight: Bool { probeNumber != nil }

  /// The size of the probe that is to be sent now, if one is.
  package mutating func nextProbe(at now: UInt64) -> Int? {
    if let nextSearchAt {
      guard nextSearchAt <= now else { return nil }
      self.nextSearchAt = nil
      failed = nil
    }
    guard probeNumber == nil else { return nil }
    if let probing { return probing.size }
    guard let size = nextSize() else {
      nextSearchAt = now + Self.searchInterval
      return nil
    }
    probing = (size, 0)
    return size
  }

  private func nextSize() -> Int? {
    guard let failed else {
      guard current < limit else { return nil }
      return Self.commonSizes.first { $0 > current && $0 <= limit } ?? limit
    }
    guard failed - current > Self.precision else { return nil }
    // If just a little more does not pass, nothing between does.
    if Self.commonSizes.contains(current) || current == PacketLimits.baseDatagramBytes {
      return current + Self.precision
    }
    return (current + failed) / 2
  }

  package mutating func probeSent(_ number: UInt64) { probeNumber = number }

  /// - Returns: whether larger datagrams may be sent now.
  package mutating func probeAcknowledged(_ number: UInt64) -> Bool {
    guard number == probeNumber, let probing else { return false }
    probeNumber = nil
    self.probing = nil
    current = max(current, probing.size)
    suspiciousSpells = 0
    return true
  }

  package mutating func probeLost(_ number: UInt64) {
    guard number == probeNumber, let probing else { return }
    probeNumber = nil
    if probing.losses + 1 < Self.lossesMax {
      self.probing = (probing.size, probing.losses + 1)
    } else {
      fail(probing.size)
    }
  }

  /// The operating system would not even send it.
  ///
  /// - Returns: whether `current` had to shrink.
  package mutating func refused(_ size: Int) -> Bool {
    limit = min(limit, max(PacketLimits.baseDatagramBytes, size - 1))
    if let probing, probing.size >= size {
      probeNumber = nil
      fail(probing.size)
    }
    guard current > limit else { return false }
    current = PacketLimits.baseDatagramBytes
    (failed, nextSearchAt, probing, probeNumber) = (nil, nil, nil, nil)
    return true
  }

  private mutating func fail(_ size: Int) {
    failed = min(failed ?? size, size)
    probing = nil
  }

  /// A packet arrived. One of full size shows that the path carries them still.
  package mutating func acknowledged(bytes: Int, number: UInt64) {
    guard bytes > PacketLimits.baseDatagramBytes, bytes > current - Self.precision else { return }
    largestArrived = max(largestArrived ?? 0, number)
    if number > suspiciousSince { suspiciousSpells = 0 }
  }

  /// Packets were lost; what arrived was told before.
  ///
  /// - Parameters:
  ///   - smallest: the size of the smallest of them.
  ///   - first: the number of the first of them.
  ///   - next: the number of the next packet that will be sent.
  /// - Returns: whether the path swallows large packets, so that `current` is the base again.
  package mutating func lost(
    smallest: Int, first: UInt64, next: UInt64, at now: UInt64
  ) -> Bool {
    guard current > PacketLimits.baseDatagramBytes, smallest > PacketLimits.baseDatagramBytes,
      first >= spellEnd
    else { return false }
    spellEnd = next
    // Chance struck before or between packets that arrived.
    guard first > largestArrived ?? 0 else {
      suspiciousSpells = 0
      return false
    }
    if suspiciousSpells == 0 { suspiciousSince = first }
    suspiciousSpells += 1
    guard suspiciousSpells > Self.suspiciousSpellsMax else { return false }
    suspiciousSpells = 0
    current = PacketLimits.baseDatagramBytes
    (failed, probing, probeNumber) = (nil, nil, nil)
    nextSearchAt = now + Self.blackHoleInterval
    return true
  }
}
