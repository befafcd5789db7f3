/// Protects what goes out to one participant: RTP and RTCP under the keys of one direction.
package struct SRTPSender<Cipher: SRTPCipher & ~Copyable>: ~Copyable {
  /// SSRCs that one transport may send, over its whole life.
  package static var streamsMax: Int { 4_096 }

  package let profile: SRTPProfile
  private var cipher: Cipher
  private var controlCipher: Cipher
  private let salt: SRTPSalt
  private let controlSalt: SRTPSalt
  private var streams: StreamTable
  /// RFC 3711 §3.2.1: 31 bits. One for all SSRCs, since the vector tells those apart.
  private var controlIndex: UInt32 = 0

  package init(profile: SRTPProfile, master: SRTPMasterKey) {
    let keys = SessionKeys<Cipher>(profile: profile, master: master)
    self.profile = profile
    cipher = keys.makeCipher()
    controlCipher = keys.makeControlCipher()
    salt = keys.salt
    controlSalt = keys.controlSalt
    streams = StreamTable(countMax: Self.streamsMax, overflow: .refuse)
  }

  /// Seals one packet whose header stands at `output` already and whose payload may stand elsewhere.
  ///
  /// - Parameter output: has room for the header, the payload and the tag.
  /// - Returns: the packet's size; nil when this sequence number was sealed before, which would give
  ///   the key away, or there are too many streams. Then nothing may be sent.
  package mutating func sealRTP(
    at output: UnsafeMutableRawPointer, headerBytes: Int, _ plaintext: SRTPPlaintext
  ) -> Int? {
    let header = UnsafeRawBufferPointer(start: output, count: headerBytes)
    let ssrc = RTPBounds.ssrc(header)
    guard let index = streams.index(of: ssrc, sequence: RTPBounds.sequence(header)),
      streams.insert(index, of: ssrc)
    else { return nil }
    let body = output + headerBytes
    cipher.seal(
      plaintext, into: body, tag: body + plaintext.count,
      vector: salt.vector(ssrc: ssrc, index: index),
      authenticating: SRTPAuthenticated(
        header: header, trailer: profile.rolloverTrailer(index: index)))
    return headerBytes + plaintext.count + profile.tagBytes
  }

  /// Seals a compound or reduced-size RTCP packet in place (RFC 3711 §3.4, RFC 7714 §9).
  ///
  /// - Parameter buffer: the packet, and behind it room for `controlOverhead`.
  /// - Returns: its size; nil when it is no RTCP packet or the index has run out.
  package mutating func sealRTCP(_ buffer: UnsafeMutableRawBufferPointer, count: Int) -> Int? {
    guard count >= RTPBounds.controlHeaderBytes, controlIndex < RTPBounds.controlIndexEnd,
      buffer.count >= count + profile.controlOverhead, let base = buffer.baseAddress
    else { return nil }
    controlIndex += 1
    let word = RTPBounds.encryptedFlag | controlIndex
    let header = UnsafeRawBufferPointer(start: base, count: RTPBounds.controlHeaderBytes)
    let body = base + RTPBounds.controlHeaderBytes
    let end = base + count
    let isGCM = profile == .aes128GCM
    controlCipher.seal(
      SRTPPlaintext(
        UnsafeRawBufferPointer(start: body, count: count - RTPBounds.controlHeaderBytes)),
      into: body, tag: isGCM ? end : end + 4,
      vector: controlSalt.vector(ssrc: RTPBounds.controlSSRC(header), index: UInt64(controlIndex)),
      authenticating: SRTPAuthenticated(header: header, trailer: word))
    (isGCM ? end + profile.tagBytes : end).storeBytes(of: word.bigEndian, as: UInt32.self)
    return count + profile.controlOverhead
  }
}

/// The six keys of a direction, made once.
struct SessionKeys<Cipher: SRTPCipher & ~Copyable> {
  let profile: SRTPProfile
  let master: SRTPMasterKey

  var salt: SRTPSalt { SRTPSalt(key(.salt, profile.saltBytes), profile: profile) }
  var controlSalt: SRTPSalt { SRTPSalt(key(.controlSalt, profile.saltBytes), profile: profile) }

  func makeCipher() -> Cipher {
    Cipher(
      profile: profile, key: key(.encryption, SRTPProfile.keyBytes),
      authenticationKey: key(.authentication, authenticationBytes))
  }

  func makeControlCipher() -> Cipher {
    Cipher(
      profile: profile, key: key(.controlEncryption, SRTPProfile.keyBytes),
      authenticationKey: key(.controlAuthentication, authenticationBytes))
  }

  private var authenticationBytes: Int {
    profile == .aes128GCM ? 0 : SRTPProfile.authenticationKeyBytes
  }

  private func key(_ label: KeyDerivation.Label, _ count: Int) -> [UInt8] {
    KeyDerivation.key(label, from: master, count: count, with: Cipher.self)
  }
}

extension SRTPProfile {
  /// What HMAC covers besides the packet (RFC 3711 §4.2); GCM has it in its vector.
  func rolloverTrailer(index: UInt64) -> UInt32? {
    self == .aes128GCM ? nil : UInt32(truncatingIfNeeded: index >> 16)
  }
}
