import ConfabNetwork
package import NIOCore
import NIOSSL

/// TLS 1.3 to one server, which must prove that it is the right one.
package struct TLSHandlers: Sendable {
  private let context: NIOSSLContext
  private let serverName: String?
  private let pin: CertificatePin?

  /// Nil for the operator's socket, which the system protects.
  package init?(
    _ destination: Destination, applicationProtocol: String = ConnectionLimits.applicationProtocol
  ) throws {
    guard case .network(let address, let pin) = destination else { return nil }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv13
    configuration.applicationProtocols = [applicationProtocol]
    // NIOSSL compares names even after a verification of our own; the key in the link stands for
    // them too.
    if pin != nil { configuration.certificateVerification = .noHostnameVerification }
    context = try NIOSSLContext(configuration: configuration)
    // RFC 6066 §3: an address is not a server name.
    serverName = IPAddressText.bytes(of: address.host) == nil ? address.host : nil
    self.pin = pin
  }

  package func add(to channel: any NIOCore.Channel) throws {
    guard let pin else {
      let handler = try NIOSSLClientHandler(context: context, serverHostname: serverName)
      return try channel.pipeline.syncOperations.addHandler(handler)
    }
    // The key in the link stands for every other check: names and dates included.
    let handler = try NIOSSLClientHandler(context: context, serverHostname: serverName) {
      certificates, verdict in
      verdict.succeed(certificates.first?.pin == pin ? .certificateVerified : .failed)
    }
    try channel.pipeline.syncOperations.addHandler(handler)
  }
}

extension NIOSSLCertificate {
  var pin: CertificatePin? {
    guard let key = try? extractPublicKey(), let info = try? key.toSPKIBytes() else { return nil }
    return CertificatePin(subjectPublicKeyInfo: info)
  }
}
