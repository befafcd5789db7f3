/// What a sender says of its stream (RFC 3550 §6.4.1).
package struct SenderReport: Hashable, Sendable {
  package static let bytes = 28

  package var ssrc: UInt32
  /// Seconds since 1900 in the upper half, their fraction in the lower one. Of any clock: only
  /// differences mean something to us.
  package var ntpTime: UInt64
  /// The stream's own time at that moment.
  package var rtpTime: UInt32
  package var packetCount: UInt32
  package var octetCount: UInt32

  package init(
    ssrc: UInt32, ntpTime: UInt64, rtpTime: UInt32, packetCount: UInt32, octetCount: UInt32
  ) {
    self.ssrc = ssrc
    self.ntpTime = ntpTime
    self.rtpTime = rtpTime
    self.packetCount = packetCount
    self.octetCount = octetCount
  }

  package init?(_ packet: RTCPPacket) {
    guard packet.type == RTCPType.senderReport, packet.bytes.count >= Self.bytes else { return nil }
    ssrc = packet.bytes.long(at: 4)
    ntpTime = packet.bytes.quad(at: 8)
    rtpTime = packet.bytes.long(at: 16)
    packetCount = packet.bytes.long(at: 20)
    octetCount = packet.bytes.long(at: 24)
  }
}

/// What a receiver says of one stream (RFC 3550 §6.4.1), in a sender's report or in one of its own.
package struct ReportBlock: Hashable, Sendable {
  package static let bytes = 24

  package var ssrc: UInt32
  /// Of the packets since the report before: in 256ths.
  package var fractionLost: UInt8
  /// 24 bits, signed: duplicates count as negative losses.
  package var cumulativeLost: Int32
  package var highestSequence: UInt32
  /// In units of the stream's clock.
  package var jitter: UInt32
  /// The middle 32 bits of the last sender report's `ntpTime`; 0 without one.
  package var lastSenderReport: UInt32
  /// Between that report's arrival and this one, in 65,536ths of a second.
  package var delaySinceLast: UInt32

  package init(
    ssrc: UInt32, fractionLost: UInt8, cumulativeLost: Int32, highestSequence: UInt32,
    jitter: UInt32, lastSenderReport: UInt32, delaySinceLast: UInt32
  ) {
    self.ssrc = ssrc
    self.fractionLost = fractionLost
    self.cumulativeLost = cumulativeLost
    self.highestSequence = highestSequence
    self.jitter = jitter
    self.lastSenderReport = lastSenderReport
    self.delaySinceLast = delaySinceLast
  }

  /// The blocks of a sender's or receiver's report; those beyond the packet's end are not there.
  package static func count(in packet: RTCPPacket) -> Int {
    guard let start = start(in: packet), packet.bytes.count > start else { return 0 }
    return min(Int(packet.count), (packet.bytes.count - start) / bytes)
  }

  /// - Parameter index: below `count(in:)`.
  package init(_ index: Int, in packet: RTCPPacket) {
    let start = (Self.start(in: packet) ?? 0) + index * Self.bytes
    let bytes = packet.bytes
    ssrc = bytes.long(at: start)
    fractionLost = bytes[start + 4]
    // The sign of 24 bits goes up to the 32nd.
    cumulativeLost = Int32(bitPattern: bytes.triple(at: start + 5) << 8) >> 8
    highestSequence = bytes.long(at: start + 8)
    jitter = bytes.long(at: start + 12)
    lastSenderReport = bytes.long(at: start + 16)
    delaySinceLast = bytes.long(at: start + 20)
  }

  private static func start(in packet: RTCPPacket) -> Int? {
    switch packet.type {
    case RTCPType.senderReport: SenderReport.bytes
    case RTCPType.receiverReport: 8
    default: nil
    }
  }
}

/// A time as reports spell it: 32 bits of seconds, 32 of their fraction.
package enum NTPTime {
  package static func from(nanoseconds: UInt64) -> UInt64 {
    let seconds = nanoseconds / 1_000_000_000
    let fraction = (nanoseconds % 1_000_000_000) << 32 / 1_000_000_000
    return seconds << 32 | fraction
  }

  package static func nanoseconds(_ time: UInt64) -> UInt64 {
    (time >> 32) * 1_000_000_000 + ((time & 0xFFFF_FFFF) * 1_000_000_000) >> 32
  }

  /// What a receiver repeats of it.
  package static func middle(_ time: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: time >> 16) }
}
