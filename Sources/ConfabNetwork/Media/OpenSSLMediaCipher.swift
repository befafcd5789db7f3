import COpenSSL
package import ConfabMedia

/// SRTP's two ciphers over OpenSSL, keyed once: for a packet there is only a new vector to set.
package struct OpenSSLMediaCipher: SRTPCipher, ~Copyable {
  /// Of HMAC-SHA1, of which SRTP sends ten.
  private static let codeBytes = 20

  private let context: OpaquePointer
  /// Nil for GCM.
  private let code: OpaquePointer?

  package static func keystream(key: [UInt8], counter: [UInt8], count: Int) -> [UInt8] {
    precondition(key.count == SRTPProfile.keyBytes && counter.count == 16)
    let zeros = [UInt8](repeating: 0, count: count)
    var stream = zeros
    var written: Int32 = 0
    guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("no memory") }
    defer { EVP_CIPHER_CTX_free(context) }
    guard
      EVP_EncryptInit_ex2(context, FetchedAlgorithm.counter.pointer, key, counter, nil) == 1,
      EVP_EncryptUpdate(context, &stream, &written, zeros, Int32(count)) == 1
    else { preconditionFailure("libcrypto has no AES-128-CTR") }
    return stream
  }

  package init(profile: SRTPProfile, key: [UInt8], authenticationKey: [UInt8]) {
    precondition(key.count == SRTPProfile.keyBytes)
    let algorithm: FetchedAlgorithm = profile == .aes128GCM ? .gcm : .counter
    guard let context = EVP_CIPHER_CTX_new(),
      EVP_EncryptInit_ex2(context, algorithm.pointer, key, nil, nil) == 1
    else { preconditionFailure("libcrypto has no AES-128, or no memory") }
    self.context = context
    code = profile == .aes128GCM ? nil : Self.makeCode(key: authenticationKey)
  }

  private static func makeCode(key: [UInt8]) -> OpaquePointer {
    precondition(key.count == SRTPProfile.authenticationKeyBytes)
    var digest = Array("SHA1".utf8CString)
    let context = EVP_MAC_CTX_new(FetchedAlgorithm.hmac.pointer)
    // A parameter keeps pointers to its name and its value, which so have to live until it was used.
    let isKeyed = OSSL_MAC_PARAM_DIGEST.withCString { name in
      digest.withUnsafeMutableBufferPointer { digest in
        var parameters = [
          OSSL_PARAM_construct_utf8_string(name, digest.baseAddress, 0),
          OSSL_PARAM_construct_end(),
        ]
        return EVP_MAC_init(context, key, key.count, &parameters) == 1
      }
    }
    guard let context, isKeyed else {
      preconditionFailure("libcrypto has no HMAC-SHA1, or no memory")
    }
    return context
  }

  deinit {
    // Both wipe their keys as well.
    EVP_CIPHER_CTX_free(context)
    EVP_MAC_CTX_free(code)
  }

  /// A call that failed would leave a packet in the clear: better no program than that.
  package mutating func seal(
    _ plaintext: SRTPPlaintext, into output: UnsafeMutableRawPointer,
    tag: UnsafeMutableRawPointer, vector: SRTPVector, authenticating extra: SRTPAuthenticated
  ) {
    let out = output.assumingMemoryBound(to: UInt8.self)
    var written: Int32 = 0
    guard vector.withBytes({ EVP_EncryptInit_ex2(context, nil, nil, $0, nil) }) == 1 else {
      preconditionFailure("libcrypto could not encrypt")
    }
    if code == nil { authenticate(extra) }
    encrypt(plaintext.prefix, to: out)
    encrypt(plaintext.payload, to: out + plaintext.prefix.count)
    if let code {
      let sealed = UnsafeRawBufferPointer(start: output, count: plaintext.count)
      withCode(code, of: sealed, extra) { made in
        tag.copyMemory(from: made, byteCount: SRTPProfile.aes128CounterSHA1.tagBytes)
      }
    } else {
      guard EVP_EncryptFinal_ex(context, out + plaintext.count, &written) == 1,
        EVP_CIPHER_CTX_ctrl(
          context, EVP_CTRL_AEAD_GET_TAG, Int32(SRTPProfile.aes128GCM.tagBytes), tag) == 1
      else { preconditionFailure("libcrypto could not encrypt") }
    }
  }

  private func encrypt(
    _ bytes: UnsafeRawBufferPointer, to output: UnsafeMutablePointer<UInt8>
  ) {
    guard !bytes.isEmpty else { return }
    var written: Int32 = 0
    guard EVP_EncryptUpdate(context, output, &written, bytes.bytes, Int32(bytes.count)) == 1 else {
      preconditionFailure("libcrypto could not encrypt")
    }
  }

  package mutating func open(
    _ ciphertext: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer,
    tag: UnsafeRawPointer, vector: SRTPVector, authenticating extra: SRTPAuthenticated
  ) -> Bool {
    if let code {
      let isAuthentic = withCode(code, of: ciphertext, extra) { made in
        CRYPTO_memcmp(made, tag, SRTPProfile.aes128CounterSHA1.tagBytes) == 0
      }
      guard isAuthentic else { return false }
    }
    let out = output.assumingMemoryBound(to: UInt8.self)
    var written: Int32 = 0
    guard vector.withBytes({ EVP_DecryptInit_ex2(context, nil, nil, $0, nil) }) == 1 else {
      preconditionFailure("libcrypto could not decrypt")
    }
    if code == nil {
      authenticate(extra, isOpening: true)
      guard
        EVP_CIPHER_CTX_ctrl(
          context, EVP_CTRL_AEAD_SET_TAG, Int32(SRTPProfile.aes128GCM.tagBytes),
          UnsafeMutableRawPointer(mutating: tag)) == 1
      else { preconditionFailure("libcrypto could not decrypt") }
    }
    guard
      EVP_DecryptUpdate(context, out, &written, ciphertext.bytes, Int32(ciphertext.count)) == 1
    else { preconditionFailure("libcrypto could not decrypt") }
    return code != nil || EVP_DecryptFinal_ex(context, out + ciphertext.count, &written) == 1
  }

  // MARK: - What is authenticated only

  private func authenticate(_ extra: SRTPAuthenticated, isOpening: Bool = false) {
    add(extra.header, isOpening)
    guard let trailer = extra.trailer else { return }
    withUnsafeBytes(of: trailer.bigEndian) { add($0, isOpening) }
  }

  private func add(_ bytes: UnsafeRawBufferPointer, _ isOpening: Bool) {
    var written: Int32 = 0
    let result =
      isOpening
      ? EVP_DecryptUpdate(context, nil, &written, bytes.bytes, Int32(bytes.count))
      : EVP_EncryptUpdate(context, nil, &written, bytes.bytes, Int32(bytes.count))
    precondition(result == 1, "libcrypto could not authenticate")
  }

  private func withCode<Result>(
    _ code: OpaquePointer, of sealed: UnsafeRawBufferPointer, _ extra: SRTPAuthenticated,
    _ body: (UnsafeRawPointer) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(byteCount: Self.codeBytes, alignment: 8) { made in
      var count = 0
      var isDone =
        EVP_MAC_init(code, nil, 0, nil) == 1
        && EVP_MAC_update(code, extra.header.bytes, extra.header.count) == 1
        && EVP_MAC_update(code, sealed.bytes, sealed.count) == 1
      if let trailer = extra.trailer {
        withUnsafeBytes(of: trailer.bigEndian) {
          isDone = isDone && EVP_MAC_update(code, $0.bytes, $0.count) == 1
        }
      }
      guard isDone, let base = made.baseAddress,
        EVP_MAC_final(code, base.assumingMemoryBound(to: UInt8.self), &count, made.count) == 1
      else { preconditionFailure("libcrypto could not authenticate") }
      return body(base)
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var bytes: UnsafePointer<UInt8>? {
    baseAddress?.assumingMemoryBound(to: UInt8.self)
  }
}

/// What libcrypto looks up by name, once: see `OpenSSLCipher`.
// Proof: what is fetched is never changed and counts its references atomically.
private struct FetchedAlgorithm: @unchecked Sendable {
  let pointer: OpaquePointer

  static let gcm = FetchedAlgorithm(cipher: "AES-128-GCM")
  static let counter = FetchedAlgorithm(cipher: "AES-128-CTR")
  static let hmac = FetchedAlgorithm(code: "HMAC")

  private init(cipher name: String) {
    guard let pointer = EVP_CIPHER_fetch(nil, name, nil) else {
      preconditionFailure("libcrypto has no \(name)")
    }
    self.pointer = pointer
  }

  private init(code name: String) {
    guard let pointer = EVP_MAC_fetch(nil, name, nil) else {
      preconditionFailure("libcrypto has no \(name)")
    }
    self.pointer = pointer
  }
}
