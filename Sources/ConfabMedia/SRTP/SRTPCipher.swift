/// The block cipher and the authentication code of one kind of packet in one direction, keyed once.
///
/// The shell brings one that keeps its keyed state from packet to packet; the core knows only this.
/// Which bytes are encrypted, which are only authenticated, and with what vector is the core's
/// business.
package protocol SRTPCipher: ~Copyable {
  /// AES-128 in counter mode over zeros: what keys are derived with (RFC 3711 §4.3.3).
  ///
  /// - Parameters:
  ///   - key: 16 bytes.
  ///   - counter: the first block, 16 bytes.
  static func keystream(key: [UInt8], counter: [UInt8], count: Int) -> [UInt8]

  /// - Parameter authenticationKey: 20 bytes; empty for GCM, which needs none.
  init(profile: SRTPProfile, key: [UInt8], authenticationKey: [UInt8])

  /// Encrypts from one place to another, which may be the same, and computes the tag.
  mutating func seal(
    _ plaintext: SRTPPlaintext, into output: UnsafeMutableRawPointer,
    tag: UnsafeMutableRawPointer, vector: SRTPVector, authenticating extra: SRTPAuthenticated)

  /// Decrypts from one place to another, which may be the same. False when the tag is wrong: then
  /// what is at `output` means nothing.
  mutating func open(
    _ ciphertext: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer,
    tag: UnsafeRawPointer, vector: SRTPVector, authenticating extra: SRTPAuthenticated
  ) -> Bool
}

/// What is encrypted: two parts that follow each other in the packet and need not in memory, so that
/// many viewers' packets share the one and have their own of the other.
package struct SRTPPlaintext {
  /// May be empty.
  package let prefix: UnsafeRawBufferPointer
  package let payload: UnsafeRawBufferPointer

  package init(prefix: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) {
    self.prefix = prefix
    self.payload = payload
  }

  package init(_ payload: UnsafeRawBufferPointer) {
    self.init(prefix: UnsafeRawBufferPointer(start: nil, count: 0), payload: payload)
  }

  package var count: Int { prefix.count + payload.count }
}

/// What is authenticated and not encrypted.
package struct SRTPAuthenticated {
  /// In front of the encrypted part.
  package let header: UnsafeRawBufferPointer
  /// Behind it, as four bytes: the roll-over counter, or the word with SRTCP's index. Nil for none.
  package let trailer: UInt32?

  package init(header: UnsafeRawBufferPointer, trailer: UInt32?) {
    self.header = header
    self.trailer = trailer
  }
}

/// A packet's initialization vector: 12 bytes for GCM, 16 for counter mode.
package struct SRTPVector {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The bytes, valid during the call. GCM takes the first twelve.
  package func withBytes<Result>(
    _ body: (UnsafePointer<UInt8>) -> Result
  ) -> Result {
    withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bytes in
      // A tuple of two words is never empty.
      guard let base = bytes.baseAddress else { preconditionFailure("no bytes") }
      return body(base.assumingMemoryBound(to: UInt8.self))
    }
  }
}

/// Half of each vector: the salt, in the places that it is combined in.
struct SRTPSalt {
  private let high: UInt64
  private let low: UInt64
  private let profile: SRTPProfile

  init(_ salt: [UInt8], profile: SRTPProfile) {
    precondition(salt.count == profile.saltBytes)
    // Twelve bytes of GCM's, or fourteen of the counter's; what follows is the counter of blocks.
    let padded = salt + [UInt8](repeating: 0, count: 16 - salt.count)
    high = padded[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    low = padded[8...].reduce(0) { $0 << 8 | UInt64($1) }
    self.profile = profile
  }

  /// RFC 7714 §8.1 and §9.1: two zero bytes, SSRC, 48 bits of index. RFC 3711 §4.1.1: SSRC shifted by
  /// 64 bits, index by 16.
  func vector(ssrc: UInt32, index: UInt64) -> SRTPVector {
    switch profile {
    case .aes128GCM:
      SRTPVector(
        high: high ^ (UInt64(ssrc) << 16 | index >> 32), low: low ^ (index << 32))
    case .aes128CounterSHA1:
      SRTPVector(high: high ^ UInt64(ssrc), low: low ^ (index << 16))
    }
  }
}

/// The keys that a session uses, from its master key (RFC 3711 §4.3, RFC 7714 §11).
enum KeyDerivation {
  /// RFC 3711 §4.3.1 and §4.3.2.
  enum Label: UInt8 {
    case encryption = 0
    case authentication = 1
    case salt = 2
    case controlEncryption = 3
    case controlAuthentication = 4
    case controlSalt = 5
  }

  /// The rate of derivation is zero: keys are derived once.
  static func key<Cipher: SRTPCipher & ~Copyable>(
    _ label: Label, from master: SRTPMasterKey, count: Int, with cipher: Cipher.Type
  ) -> [UInt8] {
    // GCM's salt of 96 bits counts as one of 112 with zeros behind it (RFC 7714 §11).
    var block = master.salt + [UInt8](repeating: 0, count: 16 - master.salt.count)
    block[7] ^= label.rawValue
    return Cipher.keystream(key: master.key, counter: block, count: count)
  }
}
