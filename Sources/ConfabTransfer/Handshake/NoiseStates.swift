import Crypto

/// A key and how often it was used (Noise revision 34 §5.1). Only ever one with a key: the pattern IK
/// has one before it encrypts anything.
struct NoiseCipherState {
  private let key: SymmetricKey
  private var number: UInt64 = 0

  init(key: SymmetricKey) {
    self.key = key
  }

  mutating func encrypt(_ text: [UInt8], with hash: [UInt8]) -> [UInt8] {
    defer { number += 1 }
    return AEAD.seal(text, key: key, number: number, authenticating: hash)
  }

  /// The number moves on only if it could be read (§5.1, DecryptWithAd).
  mutating func decrypt(_ sealed: ArraySlice<UInt8>, with hash: [UInt8]) -> [UInt8]? {
    guard let text = AEAD.open(sealed, key: key, number: number, authenticating: hash) else {
      return nil
    }
    number += 1
    return text
  }
}

/// The chaining key and the hash of all that was said (Noise revision 34 §5.2), with SHA-256.
struct NoiseSymmetricState {
  private var chainingKey: SymmetricKey
  private(set) var hash: [UInt8]
  private var cipher: NoiseCipherState?

  /// - Parameter protocolName: at most 32 bytes, filled with zeros then; a longer one would be hashed.
  init(protocolName: String, prologue: [UInt8]) {
    let name = Array(protocolName.utf8)
    precondition(name.count <= SHA256.byteCount)
    hash = name + [UInt8](repeating: 0, count: SHA256.byteCount - name.count)
    chainingKey = SymmetricKey(data: hash)
    mix(hash: prologue)
  }

  mutating func mix(hash bytes: some Sequence<UInt8>) {
    hash = Array(SHA256.hash(data: hash + bytes))
  }

  mutating func mix(key material: SharedSecret) {
    let (chaining, key) = derive(material.withUnsafeBytes { Array($0) })
    chainingKey = chaining
    cipher = NoiseCipherState(key: key)
  }

  mutating func encryptAndHash(_ text: [UInt8]) -> [UInt8] {
    guard let sealed = cipher?.encrypt(text, with: hash) else {
      preconditionFailure("The pattern encrypts only after a key was mixed in")
    }
    mix(hash: sealed)
    return sealed
  }

  mutating func decryptAndHash(_ sealed: ArraySlice<UInt8>) throws(HandshakeError) -> [UInt8] {
    guard let text = cipher?.decrypt(sealed, with: hash) else { throw .forged }
    mix(hash: sealed)
    return text
  }

  /// The two keys of the connection: the initiator sends with the first (§5.2, Split).
  func split() -> (initiator: [UInt8], responder: [UInt8]) {
    let (first, second) = derive([])
    return (first.withUnsafeBytes { Array($0) }, second.withUnsafeBytes { Array($0) })
  }

  /// HKDF with two outputs (§4.3).
  private func derive(_ material: [UInt8]) -> (SymmetricKey, SymmetricKey) {
    let temporary = SymmetricKey(
      data: HMAC<SHA256>.authenticationCode(for: material, using: chainingKey))
    let first = Array(HMAC<SHA256>.authenticationCode(for: [1] as [UInt8], using: temporary))
    let second = HMAC<SHA256>.authenticationCode(for: first + [2], using: temporary)
    return (SymmetricKey(data: first), SymmetricKey(data: second))
  }
}
