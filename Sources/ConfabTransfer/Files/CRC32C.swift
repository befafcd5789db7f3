/// The cyclic redundancy check of iSCSI (RFC 3720 appendix B.4, Castagnoli's polynomial): finds what
/// a torn write leaves behind. It is no defence against anybody.
package struct CRC32C: Sendable {
  private var state: UInt32

  package init() { state = ~0 }

  package mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      state = table[Int((state ^ UInt32(byte)) & 0xFF)] ^ state >> 8
    }
  }

  package var value: UInt32 { ~state }

  package static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = CRC32C()
    crc.update(bytes)
    return crc.value
  }
}

/// 0x1EDC6F41 with its bits in reverse.
private let polynomial: UInt32 = 0x82F6_3B78

private let table: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { value, _ in
    value & 1 == 0 ? value >> 1 : value >> 1 ^ polynomial
  }
}
