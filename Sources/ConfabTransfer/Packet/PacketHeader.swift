/// The first byte of a packet with a short header; within 64…127 like those of the handshake.
package enum ShortHeaderType {
  package static let firstByte: UInt8 = 0x60
  /// Bit of a short header's first byte that tells which of two keys opens the packet.
  package static let keyPhaseBit: UInt8 = 0x01

  package static func matches(_ byte: UInt8) -> Bool { byte & ~keyPhaseBit == firstByte }
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
      let base = datagram.baseAddress, ShortHeaderType.matches(datagram[0])
    else { return nil }
    keyPhase = datagram[0] & ShortHeaderType.keyPhaseBit != 0
    let word = UInt64(bigEndian: base.loadUnaligned(as: UInt64.self))
    receiver = UInt32(truncatingIfNeeded: word >> 24)
    truncatedNumber = UInt32(truncatingIfNeeded: word & PacketNumber.truncationMask)
  }

  /// Writes 8 bytes.
  package func write(to place: UnsafeMutableRawPointer) {
    let first = UInt64(ShortHeaderType.firstByte | (keyPhase ? ShortHeaderType.keyPhaseBit : 0))
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
