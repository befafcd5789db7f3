import Crypto
import FoundationEssentials
package import Primitives
import SwiftASN1
import X509

/// The certificate that a server makes for itself on its first start. Clients pin its key, so it
/// need not be renewed for a long time.
package struct SelfSignedCertificate: Sendable {
  package let certificatePEM: String
  package let privateKeyPEM: String

  private static let validity: Duration = .seconds(10 * 365 * 24 * 3600)
  /// A client whose clock is a little slow must not refuse it.
  private static let backdating: Duration = .seconds(24 * 3600)

  /// - Parameter hosts: names and addresses under which clients may reach the server.
  package init(hosts: [String], now: WallTime) throws {
    let key = P256.Signing.PrivateKey()
    let name = try DistinguishedName { CommonName("confab") }
    let certificate = try Certificate(
      version: .v3,
      serialNumber: Certificate.SerialNumber(),
      publicKey: .init(key.publicKey),
      notValidBefore: Self.date(now - Self.backdating),
      notValidAfter: Self.date(now + Self.validity),
      issuer: name,
      subject: name,
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames(hosts.map(Self.alternativeName))
      },
      issuerPrivateKey: .init(key))
    certificatePEM = try certificate.serializeAsPEM().pemString + "\n"
    privateKeyPEM = key.pemRepresentation + "\n"
  }

  private static func alternativeName(_ host: String) -> GeneralName {
    guard let address = IPAddressText.bytes(of: host) else { return .dnsName(host) }
    return .ipAddress(ASN1OctetString(contentBytes: address[...]))
  }

  private static func date(_ time: WallTime) -> Date {
    Date(timeIntervalSince1970: Double(time.secondsSinceEpoch))
  }
}
