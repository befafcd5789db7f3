import ConfabHub
import ConfabNetwork
import ConfabServer
import ConfabWire
import Testing

/// Who is behind a proxy, and that nobody can say so but the operator's own.
@Suite struct TrustedProxyTests {
  private static let proxies = TrustedProxies("127.0.0.1, 10.0.0.0/8,fd00::/7 , 192.0.2.128/25")

  private func origin(_ peer: String, _ fields: [String]) -> String? {
    guard let proxies = Self.proxies, let peer = IPAddressText.bytes(of: peer) else { return nil }
    return proxies.origin(behind: peer, forwardedFor: fields).flatMap(IPAddressText.text(of:))
  }

  @Test(arguments: [
    // What a proxy says of who it heard.
    ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
    ("10.1.2.3", ["2001:db8::7"], "2001:db8::7"),
    ("fdff::1", ["198.51.100.7"], "198.51.100.7"),
    // What somebody wrote before that is nobody's word.
    ("127.0.0.1", ["203.0.113.1, 198.51.100.7"], "198.51.100.7"),
    ("127.0.0.1", ["203.0.113.1", " 198.51.100.7"], "198.51.100.7"),
    // Two of ours, one behind the other.
    ("127.0.0.1", ["203.0.113.1, 198.51.100.7, 10.0.0.1"], "198.51.100.7"),
    // Somebody on the proxies' own network.
    ("127.0.0.1", ["10.0.0.2"], "10.0.0.2"),
    ("192.0.2.200", ["198.51.100.7"], "198.51.100.7"),
    ("127.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
  ])
  func theLastAddressThatIsNotOurs(_ peer: String, _ fields: [String], _ expected: String) {
    #expect(origin(peer, fields) == expected)
  }

  @Test(arguments: [
    ("198.51.100.7", ["203.0.113.1"]), ("192.0.2.127", ["203.0.113.1"]), ("::1", ["203.0.113.1"]),
    ("127.0.0.1", []), ("127.0.0.1", ["", " , "]), ("127.0.0.1", ["203.0.113.1, unknown"]),
    ("127.0.0.1", ["_hidden"]), ("127.0.0.1", ["203.0.113.1:80"]),
  ])
  func elseItIsWhoConnected(_ peer: String, _ fields: [String]) {
    #expect(origin(peer, fields) == nil)
  }

  @Test(arguments: ["", "proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "127.0.0.1,"])
  func whatIsNoAddressIsRefused(_ text: String) {
    #expect(TrustedProxies(text) == nil)
  }

  @Test func everyAddressCanBeTrusted() {
    let everybody = TrustedProxies("0.0.0.0/0")
    #expect(everybody?.origin(behind: [1, 2, 3, 4], forwardedFor: ["5.6.7.8"]) == [5, 6, 7, 8])
  }

  /// The address that `confab who` shows, that lockouts go by, and that the log has.
  @Test(arguments: [("127.0.0.1", "198.51.100.7"), ("192.0.2.1", "127.0.0.1")])
  func aBrowserBehindAProxyIsKnownByItsOwnAddress(_ trusted: String, _ expected: String)
    async throws
  {
    try await TestServer.with {
      $0.hub.registration = .open
      $0.proxies = TrustedProxies(trusted) ?? TrustedProxies()
    } _: { server in
      let ann = try await TestBrowser.connect(
        port: server.port, forwardedFor: "203.0.113.1, 198.51.100.7")
      _ = try await ann.join(nil, name: "ann")
      guard case .sessionList(let list) = try await ann.request(.listSessions(WireListSessions()))
      else { return #expect(Bool(false), "no sessions") }
      #expect(list.sessions.map(\.address) == [expected])
    }
  }
}
