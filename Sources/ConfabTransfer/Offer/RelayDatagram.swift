/// What an end of a transfer and the server's relay say to each other; everything else the relay
/// forwards unread.
///
///     kind 1 | version 1 | reason 2, zero except in a refusal | token 16 | nonce 8, zero for none
///
/// All have the same length, so that the relay never sends more than it was sent. All carry the token:
/// who does not know it cannot pretend to be the relay.
package enum RelayDatagram: Hashable, Sendable {
  /// To the relay: forward between where this comes from and the other end of the token's pair. Also
  /// after one's address has changed, and again and again, or it is forgotten. Without a nonce it asks for
  /// one, and may have any 16 bytes for a token.
  case bind(TransferToken, RelayNonce?)
  /// The answer to `bind`: it is so, and the nonce for the next time.
  case bound(TransferToken, RelayNonce)
  /// The answer when it is not.
  case refused(TransferToken, Reason)
  /// The answer to who has not shown that it receives where it says it is: the same once more with this.
  case challenge(TransferToken, RelayNonce)

  /// Why the relay does not forward. Numbers keep their meaning forever.
  package enum Reason: Hashable, Sendable {
    /// Never given out, or long forgotten.
    case tokenUnknown
    /// It was good once.
    case expired
    /// As many bytes were forwarded as the place allows.
    case quotaUsedUp
    /// Too many pairs already.
    case busy
    /// A newer server says something newer.
    case other(UInt16)

    package init(code: UInt16) {
      switch code {
      case 1: self = .tokenUnknown
      case 2: self = .expired
      case 3: self = .quotaUsedUp
      case 4: self = .busy
      default: self = .other(code)
      }
    }

    package var code: UInt16 {
      switch self {
      case .tokenUnknown: 1
      case .expired: 2
      case .quotaUsedUp: 3
      case .busy: 4
      case .other(let code): code
      }
    }
  }

  package static let byteCount = 20 + RelayNonce.byteCount
  package static let version: UInt8 = 1
  /// The first bytes that are the relay's own, of which four are used.
  package static let firstBytes: ClosedRange<UInt8> = 0x70...0x7F
  /// The first bytes of what it forwards: handshakes and packets.
  package static let forwardedFirstBytes: ClosedRange<UInt8> = 0x40...0x6F

  /// Nil when it is anything else, of another version, or has a reason or a nonce where none belongs.
  package init?(_ datagram: UnsafeRawBufferPointer) {
    guard datagram.count == Self.byteCount else { return nil }
    var reader = BlobReader(Array(datagram)[...])
    guard let kind = try? reader.number(UInt8.self),
      let version = try? reader.number(UInt8.self), version == Self.version,
      let reason = try? reader.number(UInt16.self), let token = try? reader.token(),
      let value = try? reader.number(UInt64.self)
    else { return nil }
    switch (kind, reason, RelayNonce(value)) {
    case (0x70, 0, let nonce): self = .bind(token, nonce)
    case (0x71, 0, let nonce?): self = .bound(token, nonce)
    case (0x72, 1..., nil): self = .refused(token, Reason(code: reason))
    case (0x73, 0, let nonce?): self = .challenge(token, nonce)
    default: return nil
    }
  }

  package var encoded: [UInt8] {
    var writer = BlobWriter()
    let parts: (kind: UInt8, reason: UInt16, token: TransferToken, nonce: RelayNonce?) =
      switch self {
      case .bind(let token, let nonce): (0x70, 0, token, nonce)
      case .bound(let token, let nonce): (0x71, 0, token, nonce)
      case .refused(let token, let reason): (0x72, reason.code, token, nil)
      case .challenge(let token, let nonce): (0x73, 0, token, nonce)
      }
    writer.write(parts.kind)
    writer.write(Self.version)
    writer.write(parts.reason)
    writer.write(parts.token.bytes)
    writer.write(parts.nonce?.value ?? 0)
    return writer.bytes
  }
}
