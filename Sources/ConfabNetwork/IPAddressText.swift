package import NIOCore

/// Addresses as text, the way people write them.
package enum IPAddressText {
  // Where the address stands in `sockaddr_in` and `sockaddr_in6`, the same on every system.
  private static let ipv4AddressRange = 4..<8
  private static let ipv6AddressRange = 8..<24

  /// 4 or 16 bytes; nil when the text is a name.
  package static func bytes(of text: String) -> [UInt8]? {
    guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
    return bytes(of: address)
  }

  /// 4 or 16 bytes; an IPv4 address seen through a socket for both families is one of IPv4.
  package static func bytes(of address: SocketAddress) -> [UInt8]? {
    switch address {
    case .v4(let v4):
      return withUnsafeBytes(of: v4.address) { Array($0[ipv4AddressRange]) }
    case .v6(let v6):
      let bytes = withUnsafeBytes(of: v6.address) { Array($0[ipv6AddressRange]) }
      return isMapped(bytes) ? Array(bytes[12...]) : bytes
    case .unixDomainSocket:
      return nil
    }
  }

  /// The text of an address, without a port.
  package static func text(of address: SocketAddress) -> String {
    let text = address.ipAddress ?? "local"
    let mapping = "::ffff:"
    return text.hasPrefix(mapping) && text.contains(".")
      ? String(text.dropFirst(mapping.count)) : text
  }

  /// The text of 4 or 16 bytes; nil for any other number of them.
  package static func text(of bytes: [UInt8]) -> String? {
    guard bytes.count == 4 || bytes.count == 16,
      let address = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0)
    else { return nil }
    return text(of: address)
  }

  private static func isMapped(_ bytes: [UInt8]) -> Bool {
    bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
  }
}
