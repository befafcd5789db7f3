import Crypto

/// AES-256-GCM of whole arrays, for the few messages of a handshake.
enum AEAD {
  /// - Returns: as many bytes as the text has, and the tag.
  static func seal(
    _ text: [UInt8], key: SymmetricKey, number: UInt64, authenticating header: [UInt8]
  ) -> [UInt8] {
    guard
      let nonce = nonce(number),
      let box = try? AES.GCM.seal(text, using: key, nonce: nonce, authenticating: header)
    else { preconditionFailure("AES-GCM refused a 32-byte key and a 12-byte nonce") }
    return Array(box.ciphertext) + Array(box.tag)
  }

  /// Nil when the tag is wrong or not even there.
  static func open(
    _ sealed: ArraySlice<UInt8>, key: SymmetricKey, number: UInt64,
    authenticating header: [UInt8]
  ) -> [UInt8]? {
    guard sealed.count >= PacketCipherSizes.tagBytes,
      let nonce = nonce(number),
      let box = try? AES.GCM.SealedBox(
        nonce: nonce, ciphertext: sealed.dropLast(PacketCipherSizes.tagBytes),
        tag: sealed.suffix(PacketCipherSizes.tagBytes)),
      let text = try? AES.GCM.open(box, using: key, authenticating: header)
    else { return nil }
    return Array(text)
  }

  private static func nonce(_ number: UInt64) -> AES.GCM.Nonce? {
    PacketNonce(packetNumber: number).withBytes { try? AES.GCM.Nonce(data: $0) }
  }
}
