/// AES-256-GCM under one key, for every packet of one direction until the next key update.
///
/// The shell brings one that keeps its keyed state from packet to packet; the core knows only this.
package protocol PacketCipher: ~Copyable {
  /// - Parameter key: 32 bytes.
  init(key: [UInt8])

  /// Encrypts `payloadCount` bytes in place at `packet + headerCount`, authenticates the header in
  /// front of them, and writes the tag behind them.
  mutating func seal(
    _ packet: UnsafeMutableRawPointer, headerCount: Int, payloadCount: Int, packetNumber: UInt64)

  /// Decrypts in place. False when the tag is wrong; the payload is then undefined.
  ///
  /// - Parameter payloadCount: without the tag, which stands behind it.
  mutating func open(
    _ packet: UnsafeMutableRawPointer, headerCount: Int, payloadCount: Int, packetNumber: UInt64
  ) -> Bool
}

/// The sizes of AES-256-GCM (NIST SP 800-38D) as Noise uses it.
package enum PacketCipherSizes {
  package static let keyBytes = 32
  package static let tagBytes = 16
  package static let nonceBytes = 12
}

/// The nonce of a packet: 32 zero bits, then the number as 64 bits, most significant byte first (Noise
/// revision 34 §12.4).
package struct PacketNonce {
  private let high: UInt32 = 0
  private let middle: UInt32
  private let low: UInt32

  package init(packetNumber: UInt64) {
    middle = UInt32(truncatingIfNeeded: packetNumber >> 32).bigEndian
    low = UInt32(truncatingIfNeeded: packetNumber).bigEndian
  }

  /// The 12 bytes, valid during the call.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeBytes(of: (high, middle, low)) { body($0) }
  }
}
