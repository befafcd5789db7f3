import ConfabNetwork

/// The proxies whose word is taken for where a browser's connection comes from.
package struct TrustedProxies: Sendable, Equatable {
  /// An address, or all that begin like it.
  private struct Network: Sendable, Equatable {
    let address: [UInt8]
    let bits: Int

    func contains(_ other: [UInt8]) -> Bool {
      guard other.count == address.count else { return false }
      let (whole, rest) = (bits / 8, bits % 8)
      guard other[..<whole] == address[..<whole] else { return false }
      return rest == 0 || (other[whole] ^ address[whole]) >> UInt8(8 - rest) == 0
    }
  }

  private let networks: [Network]

  /// Trusts nobody.
  package init() { networks = [] }

  /// - Parameter text: addresses and networks (RFC 4632 §3.1), with commas between them:
  ///   `127.0.0.1, 10.0.0.0/8, ::1`. Nil when one of them is neither.
  package init?(_ text: String) {
    var networks: [Network] = []
    for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let network = Self.network(entry.trimmed) else { return nil }
      networks.append(network)
    }
    self.networks = networks
  }

  private static func network(_ text: Substring) -> Network? {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddressText.bytes(of: String(parts[0])) else { return nil }
    guard parts.count == 2 else { return Network(address: address, bits: address.count * 8) }
    guard let bits = Int(parts[1]), (0...address.count * 8).contains(bits) else { return nil }
    return Network(address: address, bits: bits)
  }

  private func trusts(_ address: [UInt8]) -> Bool {
    networks.contains { $0.contains(address) }
  }

  /// Whom a proxy speaks for.
  ///
  /// Each proxy appends whom it heard, so the list is read from its end for as long as proxies of ours wrote it: what
  /// stands before the first address that is not one of ours, anybody could have written.
  ///
  /// - Parameters:
  ///   - peer: who connected, 4 or 16 bytes.
  ///   - fields: the values of `X-Forwarded-For`.
  /// - Returns: nil when the connection is the peer's own, or no address of somebody else is given.
  package func origin(behind peer: [UInt8], forwardedFor fields: [String]) -> [UInt8]? {
    guard trusts(peer) else { return nil }
    var origin: [UInt8]?
    for entry in fields.flatMap({ $0.split(separator: ",") }).reversed() {
      guard let address = IPAddressText.bytes(of: String(entry.trimmed)) else { return origin }
      origin = address
      guard trusts(address) else { return origin }
    }
    return origin
  }
}

extension Substring {
  /// Without the blanks that lists may have around their entries.
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " }
    return start.prefix(start.count - start.reversed().prefix { $0 == " " }.count)
  }
}
