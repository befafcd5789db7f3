/// What a datagram is, told by its first byte. All of ours are within 64…127, so that STUN, DTLS and
/// RTP can share the socket (RFC 7983).
package enum DatagramType {
  package static let initiation: UInt8 = 0x40
  package static let response: UInt8 = 0x41
  package static let cookieReply: UInt8 = 0x42
  package static let short: UInt8 = 0x60
  /// Bit of a short header's first byte that tells which of two keys opens the packet.
  package static let keyPhaseBit: UInt8 = 0x01

  package static func isShort(_ firstByte: UInt8) -> Bool { firstByte & ~keyPhaseBit == short }
  package static func isLong(_ firstByte: UInt8) -> Bool {
    firstByte >= initiation && firstByte <= cookieReply
  }
}

/// The header of the handshake's datagrams:
///
///     first byte 1 | version 1 | reserved 2 | receiver index 4 | sender index 4 | body…
package struct LongHeader: Hashable, Sendable {
  package static let version: UInt8 = 1

  package var type: UInt8
  /// The index that the receiver chose for this connection; 0 as long as the sender knows none.
  package var receiver: UInt32
  /// The index by which the sender wants to be addressed.
  package var sender: UInt32

  package init(type: UInt8, receiver: UInt32, sender: UInt32) {
    self.type = type
    self.receiver = receiver
    self.sender = sender
  }

  /// Nil when it is too short, of another kind or of another version.
  package init?(_ datagram: UnsafeRawBufferPointer) {
    guard datagram.count >= PacketLimits.longHeaderBytes, let base = datagram.baseAddress,
      DatagramType.isLong(datagram[0]), datagram[1] == Self.version
    else { return nil }
    type = datagram[0]
    receiver = UInt32(bigEndian: base.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    sender = UInt32(bigEndian: base.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
  }

  package var bytes: [UInt8] {
    var bytes = [type, Self.version, 0, 0]
    withUnsafeBytes(of: receiver.bigEndian) { bytes += $0 }
    withUnsafeBytes(of: sender.bigEndian) { bytes += $0 }
    return bytes
  }
}

/// The header of every packet after the handshake:
///
///     first byte 1 | receiver index 4 | packet number, low 3 bytes
///
/// Nothing of it is hidden: as in WireGuard, an observer may see how packets are numbered.
package struct ShortHeader: Hashable, Sendable {
  package var keyPhase: Bool
  package var receiver: UInt32
  package var truncatedNumber: UInt32

  package init(keyPhase: Bool, receiver: UInt32, truncatedNumber: UInt32) {
    self.keyPhase = keyPhase
    self.receiver = receiver
    self.truncatedNumber = truncatedNumber
  }

  /// Nil when it is too short to hold a tag too, or of another kind.
  package init?(_ datagram: UnsafeRawBufferPointer) {
    guard datagram.count >= PacketLimits.shortHeaderBytes + PacketLimits.tagBytes,
      let base = datagram.baseAddress, DatagramType.isShort(datagram[0])
    else { return nil }
    keyPhase = datagram[0] & DatagramType.keyPhaseBit != 0
    let word = UInt64(bigEndian: base.loadUnaligned(as: UInt64.self))
    receiver = UInt32(truncatingIfNeeded: word >> 24)
    truncatedNumber = UInt32(truncatingIfNeeded: word & PacketNumber.truncationMask)
  }

  /// Writes 8 bytes.
  package func write(to place: UnsafeMutableRawPointer) {
    let first = UInt64(DatagramType.short | (keyPhase ? DatagramType.keyPhaseBit : 0))
    let word =
      first << 56 | UInt64(receiver) << 24 | UInt64(truncatedNumber) & PacketNumber.truncationMask
    place.storeBytes(of: word.bigEndian, as: UInt64.self)
  }
}

/// How a packet number of 64 bits travels in 24 (RFC 9000 §17.1 and appendix A).
package enum PacketNumber {
  static let truncationMask: UInt64 = 0xFF_FFFF
  private static let window: UInt64 = 1 << 24

  package static func truncate(_ number: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: number & truncationMask)
  }

  /// The number nearest to the one expected next that ends in these 24 bits (RFC 9000 §A.3). Right
  /// as long as sender and receiver are less than 2^23 packets apart, and the sender keeps at most
  /// 2^16 in flight.
  package static func expand(_ truncated: UInt32, expected: UInt64) -> UInt64 {
    let candidate = expected & ~truncationMask | UInt64(truncated) & truncationMask
    if candidate &+ window / 2 <= expected { return candidate + window }
    if candidate > expected &+ window / 2, candidate >= window { return candidate - window }
    return candidate
  }
}
