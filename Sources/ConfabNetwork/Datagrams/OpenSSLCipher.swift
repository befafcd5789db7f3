import COpenSSL
import ConfabTransfer

/// AES-256-GCM over OpenSSL, keyed once: for a packet there is only a new nonce to set.
///
/// One key serves one direction; a context that opens and one that seals differ in nothing but what was
/// asked of it last.
package struct OpenSSLCipher: PacketCipher, ~Copyable {
  private let context: OpaquePointer

  package init(key: [UInt8]) {
    precondition(key.count == PacketCipherSizes.keyBytes)
    guard let context = EVP_CIPHER_CTX_new(),
      EVP_EncryptInit_ex2(context, FetchedCipher.aes256GCM.pointer, key, nil, nil) == 1
    else { preconditionFailure("libcrypto has no AES-256-GCM, or no memory") }
    self.context = context
  }

  deinit {
    // Wipes the key as well.
    EVP_CIPHER_CTX_free(context)
  }

  /// A call that failed would leave text in the clear: better no program than that.
  package mutating func seal(
    _ packet: UnsafeMutableRawPointer, headerCount: Int, payloadCount: Int, packetNumber: UInt64
  ) {
    let header = packet.assumingMemoryBound(to: UInt8.self)
    let payload = header + headerCount
    var written: Int32 = 0
    let started = PacketNonce(packetNumber: packetNumber).withBytes { nonce in
      EVP_EncryptInit_ex2(
        context, nil, nil, nonce.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
    }
    guard started == 1,
      EVP_EncryptUpdate(context, nil, &written, header, Int32(headerCount)) == 1,
      EVP_EncryptUpdate(context, payload, &written, payload, Int32(payloadCount)) == 1,
      EVP_EncryptFinal_ex(context, payload + payloadCount, &written) == 1,
      EVP_CIPHER_CTX_ctrl(
        context, EVP_CTRL_AEAD_GET_TAG, Int32(PacketCipherSizes.tagBytes), payload + payloadCount)
        == 1
    else { preconditionFailure("libcrypto could not encrypt") }
  }

  package mutating func open(
    _ packet: UnsafeMutableRawPointer, headerCount: Int, payloadCount: Int, packetNumber: UInt64
  ) -> Bool {
    let header = packet.assumingMemoryBound(to: UInt8.self)
    let payload = header + headerCount
    var written: Int32 = 0
    let started = PacketNonce(packetNumber: packetNumber).withBytes { nonce in
      EVP_DecryptInit_ex2(
        context, nil, nil, nonce.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
    }
    guard started == 1,
      EVP_DecryptUpdate(context, nil, &written, header, Int32(headerCount)) == 1,
      EVP_DecryptUpdate(context, payload, &written, payload, Int32(payloadCount)) == 1,
      EVP_CIPHER_CTX_ctrl(
        context, EVP_CTRL_AEAD_SET_TAG, Int32(PacketCipherSizes.tagBytes), payload + payloadCount)
        == 1
    else { preconditionFailure("libcrypto could not decrypt") }
    return EVP_DecryptFinal_ex(context, payload + payloadCount, &written) == 1
  }
}

/// What libcrypto looks up by name. Done again for every key or packet it would cost more than the
/// packet: implicit fetching made OpenSSL 3 twice as slow (openssl/openssl#20625).
// Proof: a fetched EVP_CIPHER is never changed and counts its references atomically.
private struct FetchedCipher: @unchecked Sendable {
  let pointer: OpaquePointer

  static let aes256GCM: FetchedCipher = {
    guard let pointer = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil) else {
      preconditionFailure("libcrypto has no AES-256-GCM")
    }
    return FetchedCipher(pointer: pointer)
  }()
}
