package import ConfabNetwork

/// Where a connection goes.
package enum Destination: Hashable, Sendable {
  /// Over TLS. With a pin the server must have that key; without, a certificate that the system's
  /// authorities vouch for.
  case network(HostPort, pin: CertificatePin?)
  /// The operator's socket in the server's data folder.
  case operatorSocket(path: String)
}

extension Destination: CustomStringConvertible {
  package var description: String {
    switch self {
    case .network(let address, _): address.description
    case .operatorSocket(let path): path
    }
  }
}
