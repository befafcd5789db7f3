/// The FINGERPRINT attribute (RFC 8489 §14.7): CRC-32 of what stands before it.
enum Fingerprint {
  /// Type, length and value.
  static let attributeBytes = 8

  /// - Parameter bytes: the message from its beginning to where the attribute begins, with a length
  ///   field that counts the attribute already.
  static func value(of bytes: ArraySlice<UInt8>) -> UInt32 {
    crc32(bytes) ^ 0x5354_554E
  }

  /// ITU V.42, the CRC of Ethernet. Messages are short: a table for bytes is fast enough.
  private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8)
    }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
  }
}
