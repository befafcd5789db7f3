import Crypto

/// The cipher over swift-crypto. It expands the key and allocates for every packet, so it serves tests
/// and simulations, and as the oracle for a faster one.
package struct CryptoPacketCipher: PacketCipher, ~Copyable {
  private let key: SymmetricKey

  package init(key: [UInt8]) {
    precondition(key.count == PacketCipherSizes.keyBytes)
    self.key = SymmetricKey(data: key)
  }

  package mutating func seal(
    _ packet: UnsafeMutableRawPointer, headerCount: Int, payloadCount: Int, packetNumber: UInt64
  ) {
    let header = Array(UnsafeRawBufferPointer(start: packet, count: headerCount))
    let payload = packet + headerCount
    let sealed = AEAD.seal(
      Array(UnsafeRawBufferPointer(start: payload, count: payloadCount)), key: key,
      number: packetNumber, authenticating: header)
    sealed.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(start: payload, count: sealed.count).copyMemory(from: $0)
    }
  }

  package mutating func open(
    _ packet: UnsafeMutableRawPointer, headerCount: Int, payloadCount: Int, packetNumber: UInt64
  ) -> Bool {
    let header = Array(UnsafeRawBufferPointer(start: packet, count: headerCount))
    let payload = packet + headerCount
    let sealed = Array(
      UnsafeRawBufferPointer(start: payload, count: payloadCount + PacketCipherSizes.tagBytes))
    guard
      let text = AEAD.open(
        sealed[...], key: key, number: packetNumber, authenticating: header)
    else { return false }
    text.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(start: payload, count: payloadCount).copyMemory(from: $0)
    }
    return true
  }
}
