package import ConfabMedia

/// What a program has to know of the server's side of a media connection, out of its description.
package struct PeerDescription: Hashable, Sendable {
  package let credentials: ICECredentials
  package let fingerprint: CertificateFingerprint
  /// Of the candidates over UDP, the best first; at least one.
  package let tuples: [TransportTuple]

  /// Nil when something is missing.
  package init?(sdp: String) {
    let lines = sdp.split(whereSeparator: \.isNewline)
    func value(_ attribute: String) -> Substring? {
      lines.first { $0.hasPrefix("a=\(attribute):") }?.dropFirst(attribute.count + 3)
    }
    guard let fragment = value("ice-ufrag"), let password = value("ice-pwd"),
      let credentials = ICECredentials(fragment: String(fragment), password: String(password)),
      let hash = value("fingerprint")?.split(separator: " "), hash.count == 2,
      let fingerprint = CertificateFingerprint(text: hash[1]),
      case let tuples = lines.compactMap(Self.tuple), !tuples.isEmpty
    else { return nil }
    self.credentials = credentials
    self.fingerprint = fingerprint
    self.tuples = tuples
  }

  /// `a=candidate:1 1 udp 2130706431 192.0.2.1 4747 typ host`
  private static func tuple(_ line: Substring) -> TransportTuple? {
    let words = line.split(separator: " ")
    guard words.count >= 8, words[0].hasPrefix("a=candidate:"), words[2].lowercased() == "udp",
      let address = IPAddressText.bytes(of: String(words[4])), let port = UInt16(words[5])
    else { return nil }
    return TransportTuple(remote: address, port: port)
  }
}
