/// As much of RTP's and RTCP's headers as encryption has to know, and encrypted packets show
/// (RFC 3550 §5.1, §6.4.1).
enum RTPBounds {
  static let controlHeaderBytes = 8
  static let encryptedFlag: UInt32 = 1 << 31
  static let controlIndexEnd: UInt32 = (1 << 31) - 1

  private static let sequenceOffset = 2
  private static let ssrcOffset = 8
  private static let controlSSRCOffset = 4

  /// What is in front of the payload: the fixed header, the sources, and the extension. Nil when the
  /// packet is shorter or no RTP version 2. Its padding cannot be seen yet.
  static func headerBytes(_ packet: UnsafeRawBufferPointer) -> Int? {
    guard packet.count >= RTPHeader.fixedBytes, packet[0] >> 6 == RTPHeader.version else {
      return nil
    }
    var count = RTPHeader.fixedBytes + 4 * Int(packet[0] & 0x0F)
    if packet[0] & 0x10 != 0 {
      guard packet.count >= count + 4 else { return nil }
      count += 4 + 4 * Int(packet.word(at: count + 2))
    }
    return count <= packet.count ? count : nil
  }

  static func sequence(_ packet: UnsafeRawBufferPointer) -> UInt16 {
    packet.word(at: sequenceOffset)
  }

  static func ssrc(_ packet: UnsafeRawBufferPointer) -> UInt32 { packet.long(at: ssrcOffset) }

  static func controlSSRC(_ packet: UnsafeRawBufferPointer) -> UInt32 {
    packet.long(at: controlSSRCOffset)
  }
}
