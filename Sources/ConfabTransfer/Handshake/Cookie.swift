import Crypto

/// Shows that whoever has it receives at the address that it was made for.
package struct Cookie: Sendable {
  package static let byteCount = 16
  /// How long an initiator uses one: less than the responder takes it for at the least (COOKIE-REFRESH
  /// -TIME of WireGuard, Donenfeld, NDSS 2017, §5.4.7, is 120 s).
  package static let lifetime: Duration = .seconds(115)

  let bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    precondition(bytes.count == Self.byteCount)
    self.bytes = bytes
  }

  func mac2(over signed: [UInt8]) -> [UInt8] {
    HandshakeMAC.code(SymmetricKey(data: bytes), over: signed)
  }

  func mac2(over signed: UnsafeRawBufferPointer) -> [UInt8] {
    HandshakeMAC.code(SymmetricKey(data: bytes), over: signed)
  }
}

/// Where a datagram came from, as the socket says: IPv6, or IPv4 as `::ffff:a.b.c.d`.
package struct DatagramSource: Hashable, Sendable {
  /// Halves of the address as numbers, the first bytes the most significant.
  package var high: UInt64
  package var low: UInt64
  package var port: UInt16

  package init(high: UInt64, low: UInt64, port: UInt16) {
    self.high = high
    self.low = low
    self.port = port
  }

  var encoded: [UInt8] {
    var writer = BlobWriter()
    writer.write(high)
    writer.write(low)
    writer.write(port)
    return writer.bytes
  }
}

/// A cookie on its way to who asked.
///
///     long header 12 | salt 16 | cookie, encrypted 16 | tag 16
///
/// The key comes from the responder's public key, mac1 of the message 1 that it answers, and the salt:
/// only who saw that message can read it. 60 bytes answer 1,200.
struct CookieReply {
  static let byteCount =
    LongHeader.byteCount + saltBytes + Cookie.byteCount + PacketCipherSizes.tagBytes
  static let saltBytes = 16

  let header: LongHeader
  private let salt: [UInt8]
  private let sealed: [UInt8]

  /// - Parameter salt: another one for every other cookie, since a key must not encrypt two.
  init(
    _ cookie: Cookie, for initiation: LongHeader, key: SymmetricKey, mac1: [UInt8], salt: [UInt8]
  ) {
    header = LongHeader(
      .cookieReply, receiver: initiation.sender, sender: initiation.receiver)
    self.salt = salt
    sealed = AEAD.seal(
      cookie.bytes, key: Self.key(key, mac1: mac1, salt: salt), number: 0,
      authenticating: header.encoded)
  }

  init(_ datagram: UnsafeRawBufferPointer) throws(HandshakeError) {
    header = try LongHeader(datagram)
    guard header.kind == .cookieReply else { throw .malformed }
    guard datagram.count >= Self.byteCount else { throw .truncated }
    guard datagram.count <= Self.byteCount else { throw .oversized }
    let saltEnd = LongHeader.byteCount + Self.saltBytes
    salt = Array(datagram[LongHeader.byteCount..<saltEnd])
    sealed = Array(datagram[saltEnd...])
  }

  var encoded: [UInt8] { header.encoded + salt + sealed }

  func open(key: SymmetricKey, mac1: [UInt8]) throws(HandshakeError) -> Cookie {
    guard
      let bytes = AEAD.open(
        sealed[...], key: Self.key(key, mac1: mac1, salt: salt), number: 0,
        authenticating: header.encoded)
    else { throw .forged }
    return Cookie(bytes)
  }

  private static func key(_ key: SymmetricKey, mac1: [UInt8], salt: [UInt8]) -> SymmetricKey {
    SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: mac1 + salt, using: key))
  }
}
