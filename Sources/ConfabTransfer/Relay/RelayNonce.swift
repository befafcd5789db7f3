import Crypto
import Primitives

/// What the relay sent to an address; whoever sends it back receives there.
package struct RelayNonce: Hashable, Sendable {
  package static let byteCount = 8

  package let value: UInt64

  /// Nil for 0, which stands for none.
  package init?(_ value: UInt64) {
    guard value != 0 else { return nil }
    self.value = value
  }
}

/// Makes nonces, and knows them again without keeping any: each is a code over the address and the time.
///
/// The token is not in it, so that a device can ask before it has one: what has to be shown is only that
/// the address wants what is sent to it.
struct RelayNonces: Sendable {
  /// A nonce of the period before is still good, so that none dies on its way: each lives for one to two.
  static let period: Duration = .seconds(60)
  static let seedBytes = 32

  private let key: SymmetricKey

  init(seed: [UInt8]) {
    precondition(seed.count == Self.seedBytes)
    key = SymmetricKey(data: seed)
  }

  /// The nonce that is given out now, and the one that was given out before and is still good.
  func good(
    for address: RelayAddress, at now: MonotonicTime
  ) -> (current: RelayNonce, former: RelayNonce?) {
    let period = now.nanoseconds / UInt64(Self.period.nanoseconds)
    return (nonce(for: address, period), period > 0 ? nonce(for: address, period - 1) : nil)
  }

  private func nonce(for address: RelayAddress, _ period: UInt64) -> RelayNonce {
    var writer = BlobWriter()
    writer.write(period)
    writer.write(address.high)
    writer.write(address.low)
    writer.write(address.port)
    let code = HMAC<SHA256>.authenticationCode(for: writer.bytes, using: key)
    let value = code.prefix(RelayNonce.byteCount).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    // 0 stands for none; 1 is as hard to guess.
    guard let nonce = RelayNonce(max(value, 1)) else { preconditionFailure("1 is a nonce") }
    return nonce
  }
}
