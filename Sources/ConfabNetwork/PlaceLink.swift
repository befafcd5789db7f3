import Primitives

/// The link that brings somebody to a place: where it is, how to know it, and perhaps an invitation.
///
///     confab://HOST:PORT/?pin=PIN&invite=SECRET       for the terminal
///     https://HOST:PORT/#pin=PIN&invite=SECRET        for a browser: no log sees a fragment
package struct PlaceLink: Hashable, Sendable {
  package var address: HostPort
  /// Nil when the system's certificate authorities decide.
  package var pin: CertificatePin?
  /// The invitation's secret; nil for a link that only names the place.
  package var invitation: [UInt8]?

  package init(address: HostPort, pin: CertificatePin?, invitation: [UInt8]?) {
    self.address = address
    self.pin = pin
    self.invitation = invitation
  }

  /// Either form. Nil when the text is neither.
  package init?(_ text: String) {
    guard let scheme = ["confab://", "https://"].first(where: { text.hasPrefix($0) }) else {
      return nil
    }
    let rest = text.dropFirst(scheme.count)
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    guard let address = HostPort(String(rest[..<end])) else { return nil }
    self.init(address: address, pin: nil, invitation: nil)
    // The path says nothing, and parameters may stand in the query or in the fragment.
    for part in rest[end...].split(whereSeparator: { "/?#&".contains($0) }) {
      guard take(parameter: part) else { return nil }
    }
  }

  /// False when a known parameter has a value that cannot be; unknown ones are of newer versions.
  private mutating func take(parameter: Substring) -> Bool {
    guard let equals = parameter.firstIndex(of: "=") else { return true }
    let value = String(parameter[parameter.index(after: equals)...])
    switch parameter[..<equals] {
    case "pin":
      pin = CertificatePin(value)
      return pin != nil
    case "invite":
      invitation = [UInt8](base64URL: value)
      return invitation != nil
    default: return true
    }
  }

  /// For the terminal.
  package var native: String { "confab://\(address)/" + parameters(after: "?") }
  /// For a browser.
  package var web: String { "https://\(address)/" + parameters(after: "#") }

  private func parameters(after mark: String) -> String {
    let pairs =
      (pin.map { ["pin=\($0)"] } ?? []) + (invitation.map { ["invite=\($0.base64URL)"] } ?? [])
    return pairs.isEmpty ? "" : mark + pairs.joined(separator: "&")
  }
}
