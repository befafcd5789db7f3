import ConfabHub
import ConfabNetwork
import Primitives
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

  private var address: HostPort {
    HostPort(host: host, port: port.load(ordering: .relaxed))
  }

  /// Where a browser goes, without a path.
  var webAddress: String { "https://\(address)" }

  /// For the other servers of the place.
  var node: NodeAddress { NodeAddress(address: "\(address)", pin: pin.map { "\($0)" }) }

  /// Empty when the system's certificate authorities decide.
  var pinText: String { pin.map { "\($0)" } ?? "" }

  /// For guests of a meeting, whose page has this path. What follows the mark is in no log.
  func link(guest secret: [UInt8], path: String) -> String {
    let parameters = (pin.map { ["pin=\($0)"] } ?? []) + ["guest=\(secret.base64URL)"]
    return webAddress + path + "#" + parameters.joined(separator: "&")
  }

  func link(invitation: [UInt8]) -> PlaceLink {
    PlaceLink(address: address, pin: pin, invitation: invitation)
  }
}
