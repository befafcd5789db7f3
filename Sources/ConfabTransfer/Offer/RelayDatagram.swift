/// What an end of a transfer and the server's relay say to each other; everything else the relay
/// forwards unread.
///
///     kind 1 | version 1 | reason 2, zero except in a refusal | token 16
///
/// All have the same length, so that the relay never sends more than it was sent. All carry the token:
/// who does not know it cannot pretend to be the relay.
package enum RelayDatagram: Hashable, Sendable {
  /// To the relay: forward between where this comes from and the other end of the token's pair. Also
  /// after one's address has changed.
  case bind(TransferToken)
  /// The answer to `bind` and to `keepAlive`: it is so.
  case bound(TransferToken)
  /// The answer to either when it is not.
  case refused(TransferToken, Reason)
  /// To the relay, while nothing else goes: keeps the way through address translators open.
  case keepAlive(TransferToken)

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

  package static let byteCount = 20
  package static let version: UInt8 = 1
  /// The first bytes that are the relay's own, of which four are used.
  package static let firstBytes: ClosedRange<UInt8> = 0x70...0x7F
  /// The first bytes of what it forwards: handshakes and packets.
  package static let forwardedFirstBytes: ClosedRange<UInt8> = 0x40...0x6F

  /// Nil when it is anything else, of another version, or has a reason where none belongs.
  package init?(_ datagram: UnsafeRawBufferPointer) {
    guard datagram.count == Self.byteCount, datagram[1] == Self.version,
      let token = TransferToken(datagram[4...])
    else { return nil }
    let reason = UInt16(datagram[2]) << 8 | UInt16(datagram[3])
    switch datagram[0] {
    case 0x70 where reason == 0: self = .bind(token)
    case 0x71 where reason == 0: self = .bound(token)
    case 0x72 where reason != 0: self = .refused(token, Reason(code: reason))
    case 0x73 where reason == 0: self = .keepAlive(token)
    default: return nil
    }
  }

  package var encoded: [UInt8] {
    var writer = BlobWriter()
    let parts: (kind: UInt8, reason: UInt16, token: TransferToken) =
      switch self {
      case .bind(let token): (0x70, 0, token)
      case .bound(let token): (0x71, 0, token)
      case .refused(let token, let reason): (0x72, reason.code, token)
      case .keepAlive(let token): (0x73, 0, token)
      }
    writer.write(parts.kind)
    writer.write(Self.version)
    writer.write(parts.reason)
    writer.write(parts.token.bytes)
    return writer.bytes
  }
}
