import COpenSSL
package import ConfabMedia
package import Primitives

/// What all DTLS associations of a process share: its certificate, made when it starts, and what it is
/// ready to negotiate.
// Proof: an SSL_CTX is not changed after it was set up, and counts its references atomically.
package final class DTLSContext: @unchecked Sendable {
  package let fingerprint: CertificateFingerprint
  let pointer: OpaquePointer

  /// GCM first: it costs half of what the other does. The server's order counts.
  private static let profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"
  private static let ciphers = """
    ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305
    """
  private static let groups = "X25519:P-256"

  package init(now: WallTime) throws {
    let identity = try SelfSignedCertificate(hosts: ["confab"], now: now)
    guard let context = SSL_CTX_new(DTLS_method()) else { throw DTLSSetupError.latest("start") }
    pointer = context
    do {
      fingerprint = try Self.use(identity, in: context)
      try Self.setUp(context)
    } catch {
      SSL_CTX_free(context)
      throw error
    }
  }

  deinit {
    SSL_CTX_free(pointer)
  }

  private static func setUp(_ context: OpaquePointer) throws(DTLSSetupError) {
    SSL_CTX_set_options(context, copenssl_dtls_options())
    SSL_CTX_ctrl(
      context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(DTLS1_2_VERSION), nil)
    SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    // Whose certificate it is, the fingerprint says, once the handshake is done.
    SSL_CTX_set_verify(
      context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, { _, _ in 1 })
    var groupNames = Array(groups.utf8CString)
    guard SSL_CTX_set_cipher_list(context, ciphers) == 1,
      SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0, &groupNames) == 1,
      // This one returns zero when it has succeeded.
      SSL_CTX_set_tlsext_use_srtp(context, profiles) == 0
    else { throw .latest("choose what it negotiates") }
  }

  private static func use(
    _ identity: SelfSignedCertificate, in context: OpaquePointer
  ) throws(DTLSSetupError) -> CertificateFingerprint {
    let certificate = read(identity.certificatePEM) { PEM_read_bio_X509($0, nil, nil, nil) }
    defer { X509_free(certificate) }
    let key = read(identity.privateKeyPEM) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
    defer { EVP_PKEY_free(key) }
    guard let certificate, SSL_CTX_use_certificate(context, certificate) == 1,
      SSL_CTX_use_PrivateKey(context, key) == 1,
      let fingerprint = CertificateFingerprint(of: certificate)
    else { throw .latest("use its certificate") }
    return fingerprint
  }

  private static func read(
    _ text: String, _ body: (OpaquePointer) -> OpaquePointer?
  ) -> OpaquePointer? {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBytes { bytes in
      guard let memory = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
      defer { BIO_free(memory) }
      return body(memory)
    }
  }
}

extension CertificateFingerprint {
  /// - Parameter certificate: an X509.
  init?(of certificate: OpaquePointer) {
    var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    guard X509_digest(certificate, EVP_sha256(), &bytes, &count) == 1 else { return nil }
    self.init(bytes: Array(bytes[..<Int(count)]))
  }
}

/// DTLS could not be set up: nothing that anybody sent is to blame.
package struct DTLSSetupError: Error, CustomStringConvertible {
  package let description: String

  /// With the reason of the OpenSSL call that just failed.
  static func latest(_ action: String) -> DTLSSetupError {
    DTLSSetupError(description: "DTLS cannot \(action): \(openSSLReason())")
  }
}

/// Why the latest call of OpenSSL failed on this thread.
func openSSLReason() -> String {
  let code = ERR_get_error()
  ERR_clear_error()
  guard code != 0, let text = ERR_reason_error_string(code) else { return "no reason given" }
  return String(cString: text)
}
