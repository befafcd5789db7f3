/// The header of an RTP packet (RFC 3550 §5.1), read where it stands.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
///     |                           timestamp                           |
///     |                             SSRC                              |
///     |                 CSRC × CC, then the extension                 |
package struct RTPHeader: Hashable, Sendable {
  package static let fixedBytes = 12
  package static let version: UInt8 = 2

  package var marker: Bool
  package var payloadType: UInt8
  package var sequence: UInt16
  package var timestamp: UInt32
  package var ssrc: UInt32
  /// Which form the extension's elements have; nil without an extension or with an unknown profile.
  package var extensionForm: HeaderExtensionForm?
  /// Where the extension's elements stand.
  package var extensionStart: Int
  package var extensionBytes: Int
  package var payloadStart: Int
  /// Without padding; 0 for a packet that is nothing but padding.
  package var payloadBytes: Int
  package var paddingBytes: Int

  /// Nil when the bytes are no RTP packet: another version, or a length that leaves the packet.
  package init?(_ packet: UnsafeRawBufferPointer) {
    guard packet.count >= Self.fixedBytes, packet[0] >> 6 == Self.version else { return nil }
    marker = packet[1] & 0x80 != 0
    payloadType = packet[1] & 0x7F
    sequence = packet.word(at: 2)
    timestamp = packet.long(at: 4)
    ssrc = packet.long(at: 8)
    var position = Self.fixedBytes + 4 * Int(packet[0] & 0x0F)
    extensionForm = nil
    extensionStart = position
    extensionBytes = 0
    if packet[0] & 0x10 != 0 {
      guard packet.count >= position + 4 else { return nil }
      extensionForm = HeaderExtensionForm(profile: packet.word(at: position))
      extensionStart = position + 4
      extensionBytes = 4 * Int(packet.word(at: position + 2))
      position = extensionStart + extensionBytes
    }
    guard packet.count >= position else { return nil }
    payloadStart = position
    paddingBytes = 0
    if packet[0] & 0x20 != 0 {
      guard let last = packet.last, last > 0, Int(last) <= packet.count - position else {
        return nil
      }
      paddingBytes = Int(last)
    }
    payloadBytes = packet.count - position - paddingBytes
  }
}

/// Which of the protocols on one port a packet belongs to, besides STUN and DTLS (RFC 7983, RFC 5761).
package enum MediaPacketKind: Hashable, Sendable {
  case rtp
  case rtcp

  /// Nil when the bytes are neither. SRTP and SRTCP show these two bytes in the clear.
  @inline(__always)
  package init?(_ packet: UnsafeRawBufferPointer) {
    guard packet.count >= 2, packet[0] >> 6 == RTPHeader.version else { return nil }
    // RTCP's packet types 192–223, less the bit that RTP uses as the marker.
    self = (64...95).contains(packet[1] & 0x7F) ? .rtcp : .rtp
  }
}
