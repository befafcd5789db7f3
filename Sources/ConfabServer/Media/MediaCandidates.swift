import ConfabMedia
import ConfabNetwork
import NIOCore

/// Where browsers are told to send media: `a=candidate` values (RFC 8839 §5.1).
enum MediaCandidates {
  /// Of each transport; a browser tries all of them.
  private static let addressesMax = 8
  /// RFC 8445 §5.1.2.2 recommends these for hosts; over TCP it is for those who have nothing better.
  private static let udpPreference = 126
  private static let tcpPreference = 90

  /// - Parameters:
  ///   - addresses: as text, the best first.
  ///   - port: of UDP and TCP alike.
  static func lines(addresses: [String], port: Int) -> [String] {
    let numbered = addresses.prefix(addressesMax).enumerated()
    let udp = numbered.map { index, address in
      "candidate:\(index + 1) 1 udp \(priority(udpPreference, index)) \(address) \(port) typ host"
    }
    let tcp = numbered.map { index, address in
      "candidate:\(index + 1 + addressesMax) 1 tcp \(priority(tcpPreference, index)) \(address) "
        + "\(port) typ host tcptype passive"
    }
    return udp + tcp
  }

  /// RFC 8445 §5.1.2.1, for component 1.
  private static func priority(_ preference: Int, _ index: Int) -> Int {
    preference << 24 | (65_535 - index) << 8 | 255
  }

  /// What the machine can be reached at.
  ///
  /// A place with a public address tells no other: a page from a public origin may not look at private
  /// addresses without asking the person (Local Network Access).
  static func addresses(for options: ServerOptions) -> [String] {
    let host = PublicAddress.host(for: options)
    let named = resolved(host)
    let isOne = options.publicAddress != nil || !PublicAddress.isEverywhere(options.listen.host)
    // A name that nobody knows today leads nowhere; the machine's own addresses may.
    if isOne, !named.isEmpty { return named }
    return named + PublicAddress.ownAddresses().filter { !named.contains($0) }
  }

  private static func resolved(_ host: String) -> [String] {
    if IPAddressText.bytes(of: host) != nil { return [host] }
    guard let address = try? SocketAddress.makeAddressResolvingHost(host, port: 0) else {
      return []
    }
    return [IPAddressText.text(of: address)]
  }
}
