import ConfabNetwork
import Synchronization

/// Makes the links that bring people here. The port is known only once it is bound.
final class LateLinks: Sendable {
  private let host: String
  /// Nil when the system's certificate authorities decide.
  private let pin: CertificatePin?
  private let port = Atomic<Int>(HostPort.defaultPort)

  init(host: String, pin: CertificatePin?) {
    self.host = host
    self.pin = pin
  }

  func bound(to port: Int) {
    self.port.store(port, ordering: .relaxed)
  }

  func link(invitation: [UInt8]) -> PlaceLink {
    let address = HostPort(host: host, port: port.load(ordering: .relaxed))
    return PlaceLink(address: address, pin: pin, invitation: invitation)
  }
}
