import Crypto

/// The 16-byte codes at the end of handshake datagrams, in the manner of WireGuard (Donenfeld, NDSS
/// 2017, §5.3 and §5.4.4), with HMAC-SHA256 for BLAKE2s.
enum HandshakeMAC {
  static let byteCount = 16

  /// A key that everybody can compute who knows the public key of the one that a datagram goes to:
  /// whoever only scans addresses does not.
  static func key(_ purpose: Purpose, of publicKey: [UInt8]) -> SymmetricKey {
    SymmetricKey(data: SHA256.hash(data: Array(purpose.rawValue.utf8) + publicKey))
  }

  /// Each key serves one purpose; the names set them apart.
  enum Purpose: String {
    case mac1 = "confab transfer mac1\0"
    case cookieReply = "confab transfer cookie reply\0"
  }

  static func code(_ key: SymmetricKey, over bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var mac = HMAC<SHA256>(key: key)
    mac.update(data: bytes)
    return Array(mac.finalize().prefix(byteCount))
  }

  static func code(_ key: SymmetricKey, over bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { code(key, over: $0) }
  }

  /// Takes as long wherever they differ.
  static func isSame(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Bool {
    a.count == b.count && zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
