import ConfabNetwork
import NIOCore

/// The host that links name.
enum PublicAddress {
  private static let everywhere: Set<String> = ["::", "0.0.0.0", "*"]

  /// - Returns: what the operator said; else the one address that the server listens on; else the
  ///   machine's first address that others can reach, or 127.0.0.1.
  static func host(for options: ServerOptions) -> String {
    if let host = options.publicAddress { return host }
    if !isEverywhere(options.listen.host) { return options.listen.host }
    return ownAddresses().first ?? "127.0.0.1"
  }

  /// What a certificate of our own should name.
  static func names(for options: ServerOptions) -> [String] {
    var names = [host(for: options), "localhost", "127.0.0.1", "::1"]
    for address in ownAddresses() where !names.contains(address) { names.append(address) }
    return names
  }

  /// Whether a server that listens there listens on all of the machine's addresses.
  static func isEverywhere(_ host: String) -> Bool { everywhere.contains(host) }

  /// The machine's addresses that others can reach, IPv4 first.
  static func ownAddresses() -> [String] {
    let addresses = ((try? System.enumerateDevices()) ?? []).compactMap(\.address)
    // IPv4 first: it is what people can read out.
    return (addresses.filter { $0.protocol == .inet } + addresses.filter { $0.protocol == .inet6 })
      .filter(isReachable).map(IPAddressText.text)
  }

  private static func isReachable(_ address: SocketAddress) -> Bool {
    guard let bytes = IPAddressText.bytes(of: address) else { return false }
    if bytes.count == 4 { return bytes[0] != 127 && bytes[0..<2] != [169, 254] }
    return bytes != [UInt8](repeating: 0, count: 15) + [1]
      && !(bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80)
  }
}
