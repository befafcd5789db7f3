import ConfabNetwork
import Primitives
import Testing

@Suite struct LinkTests {
  private static let pinText = [UInt8](repeating: 0xAB, count: 32).base64URL

  @Test func bothFormsSayTheSame() throws {
    let link = PlaceLink(
      address: HostPort(host: "example.org", port: 4747), pin: CertificatePin(Self.pinText),
      invitation: [1, 2, 3])
    #expect(link.native == "confab://example.org:4747/?pin=\(Self.pinText)&invite=AQID")
    #expect(link.web == "https://example.org:4747/#pin=\(Self.pinText)&invite=AQID")
    #expect(PlaceLink(link.native) == link)
    #expect(PlaceLink(link.web) == link)
  }

  @Test func addressesOfVersion6StandInBrackets() {
    let link = PlaceLink(
      address: HostPort(host: "2001:db8::7", port: 1), pin: nil, invitation: nil)
    #expect(link.native == "confab://[2001:db8::7]:1/")
    #expect(PlaceLink(link.native) == link)
  }

  @Test(arguments: [
    "", "confab://", "http://example.org/", "confab://example.org:99999/",
    "confab://example.org/?pin=short", "confab://example.org/?invite=!",
    "confab://exam ple.org/",
  ])
  func nonsenseIsNoLink(_ text: String) {
    #expect(PlaceLink(text) == nil)
  }

  @Test(arguments: [
    ("[::]:4747", "::", 4747), ("127.0.0.1:0", "127.0.0.1", 0),
    ("example.org", "example.org", 4747),
    ("::1", "::1", 4747),
  ])
  func hostsAndPorts(_ text: String, _ host: String, _ port: Int) {
    #expect(HostPort(text) == HostPort(host: host, port: port))
  }

  @Test(arguments: ["", ":4747", "host:", "host:x", "host:-1", "host:65536", "[::1", "[::1]x"])
  func nonsenseIsNoHost(_ text: String) {
    #expect(HostPort(text) == nil)
  }
}

@Suite struct IdentityTests {
  @Test func pinIsOfTheKeyAndNotOfTheCertificate() throws {
    let now = WallTime(millisecondsSinceEpoch: 1_800_000_000_000)
    let first = try SelfSignedCertificate(hosts: ["localhost", "127.0.0.1", "::1"], now: now)
    let pin = try CertificatePin(certificatePEM: first.certificatePEM)
    #expect(CertificatePin(pin.text) == pin)
    let second = try SelfSignedCertificate(hosts: ["localhost"], now: now)
    #expect(try CertificatePin(certificatePEM: second.certificatePEM) != pin)
  }
}
