import Crypto
package import Primitives

/// Stands before the responder: says what becomes of a datagram that claims to be a message 1, for the
/// price of a few hashes, so that a flood of them never reaches Diffie-Hellman.
///
/// It keeps nothing about anybody. Cookies are made from the source's address with a secret that
/// changes every two minutes, and are recognised by making them again.
package struct HandshakeGuard: Sendable {
  package enum Verdict: Hashable, Sendable {
    /// Answer nothing.
    case drop(HandshakeError)
    /// Send this back to where the datagram came from: it may come again with the cookie in it.
    case reply([UInt8])
    /// Worth a Diffie-Hellman.
    case proceed(ReceivedInitiation)
  }

  /// As WireGuard (Donenfeld, NDSS 2017, §5.4.7). A cookie of the period before is still good, so that
  /// none dies on its way: each lives between two and four minutes.
  package static let secretPeriod: Duration = .seconds(120)
  package static let seedBytes = 32

  private let mac1Key: SymmetricKey
  private let cookieReplyKey: SymmetricKey
  private let seed: SymmetricKey

  /// - Parameters:
  ///   - ownStatic: the responder's static public key.
  ///   - seed: 32 random bytes that live as long as the program; every secret comes from them.
  package init(ownStatic: [UInt8], seed: [UInt8]) {
    precondition(ownStatic.count == NoiseIK.keyBytes && seed.count == Self.seedBytes)
    mac1Key = HandshakeMAC.key(.mac1, of: ownStatic)
    cookieReplyKey = HandshakeMAC.key(.cookieReply, of: ownStatic)
    self.seed = SymmetricKey(data: seed)
  }

  /// - Parameter isLoaded: there are more handshakes than one likes to compute: only those get
  ///   through that show, with a cookie, that they receive where they say they are.
  package func judge(
    _ datagram: UnsafeRawBufferPointer, from source: DatagramSource, isLoaded: Bool,
    at now: MonotonicTime
  ) -> Verdict {
    let initiation: ReceivedInitiation
    do throws(HandshakeError) {
      initiation = try ReceivedInitiation(datagram)
    } catch {
      return .drop(error)
    }
    let mac1Start = InitiationLayout.mac1Start
    let mac2Start = InitiationLayout.mac2Start
    let mac1 = Array(datagram[mac1Start..<mac2Start])
    let expected = HandshakeMAC.code(
      mac1Key, over: UnsafeRawBufferPointer(rebasing: datagram[..<mac1Start]))
    guard HandshakeMAC.isSame(mac1, expected) else { return .drop(.forged) }
    guard isLoaded else { return .proceed(initiation) }

    let signed = UnsafeRawBufferPointer(rebasing: datagram[..<mac2Start])
    let mac2 = datagram[mac2Start...]
    let period = now.nanoseconds / UInt64(Self.secretPeriod.nanoseconds)
    if mac2.contains(where: { $0 != 0 }) {
      for candidate in [period, period &- 1] {
        let cookie = self.cookie(for: source, secret(candidate))
        if HandshakeMAC.isSame(cookie.mac2(over: signed), mac2) { return .proceed(initiation) }
      }
    }
    return .reply(reply(to: initiation.header, mac1, source, secret(period)))
  }

  private func secret(_ period: UInt64) -> SymmetricKey {
    var writer = BlobWriter()
    writer.write(period)
    return SymmetricKey(
      data: HMAC<SHA256>.authenticationCode(for: writer.bytes, using: seed))
  }

  private func cookie(for source: DatagramSource, _ secret: SymmetricKey) -> Cookie {
    Cookie(HandshakeMAC.code(secret, over: [UInt8](arrayLiteral: 0) + source.encoded))
  }

  /// The salt is computed too: the same only for the same message from the same place in the same
  /// period, for which the cookie is the same as well.
  private func reply(
    to initiation: LongHeader, _ mac1: [UInt8], _ source: DatagramSource, _ secret: SymmetricKey
  ) -> [UInt8] {
    let salt = HandshakeMAC.code(
      secret, over: [UInt8](arrayLiteral: 1) + source.encoded + mac1)
    return CookieReply(
      cookie(for: source, secret), for: initiation, key: cookieReplyKey, mac1: mac1, salt: salt
    ).encoded
  }
}
