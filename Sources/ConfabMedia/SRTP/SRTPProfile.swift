/// How a transport's packets are protected: what DTLS negotiates (RFC 5764 §4.1.2, RFC 7714 §14.2).
package enum SRTPProfile: UInt16, Sendable, CaseIterable {
  case aes128CounterSHA1 = 0x0001
  case aes128GCM = 0x0007

  /// Of the master key and of the session's key alike.
  package static let keyBytes = 16
  /// RFC 3711 §5.2: of the key for the authentication code.
  package static let authenticationKeyBytes = 20

  package var saltBytes: Int { self == .aes128GCM ? 12 : 14 }
  package var tagBytes: Int { self == .aes128GCM ? 16 : 10 }
  /// What SRTCP adds to a packet: the tag and the word with the packet's index.
  package var controlOverhead: Int { tagBytes + 4 }

  /// Bytes that DTLS has to export for both directions (RFC 5764 §4.2).
  package var exportedBytes: Int { 2 * (Self.keyBytes + saltBytes) }
}

/// A master key and its salt, for one direction.
package struct SRTPMasterKey: Sendable {
  package let key: [UInt8]
  package let salt: [UInt8]

  package init(key: [UInt8], salt: [UInt8]) {
    self.key = key
    self.salt = salt
  }
}

/// What both sides of a DTLS association know: the keys of the one that was its client, and of the
/// other.
package struct SRTPKeys: Sendable {
  package let profile: SRTPProfile
  package let client: SRTPMasterKey
  package let server: SRTPMasterKey

  package init(profile: SRTPProfile, client: SRTPMasterKey, server: SRTPMasterKey) {
    self.profile = profile
    self.client = client
    self.server = server
  }

  /// In the order of RFC 5764 §4.2: client's key, server's key, client's salt, server's salt. Nil when
  /// there are more or fewer bytes.
  package init?(exported bytes: [UInt8], profile: SRTPProfile) {
    guard bytes.count == profile.exportedBytes else { return nil }
    let (key, salt) = (SRTPProfile.keyBytes, profile.saltBytes)
    self.init(
      profile: profile,
      client: SRTPMasterKey(
        key: Array(bytes[..<key]), salt: Array(bytes[(2 * key)..<(2 * key + salt)])),
      server: SRTPMasterKey(
        key: Array(bytes[key..<(2 * key)]), salt: Array(bytes[(2 * key + salt)...])))
  }
}
