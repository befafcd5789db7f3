/// A place in the network as people type it: `example.org:4747`, `10.0.0.7`, `[::1]:4747`.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
  /// Without brackets.
  package var host: String
  package var port: Int

  package static let defaultPort = 4747

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// - Parameter defaultPort: used when the text names none; nil when it must.
  /// - Returns: nil when the text is not a host, or the port is not in 0…65535.
  package init?(_ text: String, defaultPort: Int? = HostPort.defaultPort) {
    guard let (host, rest) = Self.split(text), !host.isEmpty,
      host.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") })
    else { return nil }
    if rest.isEmpty {
      guard let defaultPort else { return nil }
      self.init(host: host, port: defaultPort)
    } else {
      let digits = rest.dropFirst()
      guard rest.first == ":", !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
        let port = Int(digits), (0...65_535).contains(port)
      else { return nil }
      self.init(host: host, port: port)
    }
  }

  package var description: String { "\(bracketedHost):\(port)" }

  /// As a URL spells it.
  package var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

  private static func split(_ text: String) -> (host: String, rest: Substring)? {
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let host = String(text[text.index(after: text.startIndex)..<end])
      return (host, text[text.index(after: end)...])
    }
    guard let colon = text.firstIndex(of: ":") else { return (text, "") }
    // An IPv6 address without brackets has no port.
    guard text.lastIndex(of: ":") == colon else { return (text, "") }
    return (String(text[..<colon]), text[colon...])
  }
}
