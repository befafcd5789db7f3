import Crypto
import Primitives
import SwiftASN1
import X509

/// Knows a server's key without any authority: SHA-256 of the SubjectPublicKeyInfo of its
/// certificate, in base64url. A new certificate for the same key has the same pin.
package struct CertificatePin: Hashable, Sendable, CustomStringConvertible {
  package let text: String

  private static let hashBytes = 32

  /// Nil when the text is not a pin.
  package init?(_ text: String) {
    guard [UInt8](base64URL: text)?.count == Self.hashBytes else { return nil }
    self.text = text
  }

  /// - Parameter subjectPublicKeyInfo: its DER encoding (RFC 5280 §4.1.2.7).
  package init(subjectPublicKeyInfo: some Sequence<UInt8>) {
    var hash = SHA256()
    hash.update(data: Array(subjectPublicKeyInfo))
    text = Array(hash.finalize()).base64URL
  }

  package init(certificateDER: [UInt8]) throws {
    try self.init(certificate: Certificate(derEncoded: certificateDER))
  }

  /// - Parameter certificatePEM: the first certificate counts; those after it lead to an authority.
  package init(certificatePEM: String) throws {
    try self.init(certificate: Certificate(pemEncoded: certificatePEM))
  }

  private init(certificate: Certificate) throws {
    var serializer = DER.Serializer()
    try serializer.serialize(certificate.publicKey)
    self.init(subjectPublicKeyInfo: serializer.serializedBytes)
  }

  package var description: String { text }
}
