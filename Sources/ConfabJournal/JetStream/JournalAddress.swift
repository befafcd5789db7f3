/// Where a replicated journal is: `nats://HOST:PORT,HOST:PORT/NAME`.
package struct JournalAddress: Hashable, Sendable, CustomStringConvertible {
  /// Each `HOST:PORT`, in the order in which they are tried.
  package let servers: [String]
  /// The place, so that several can share the same servers.
  package let name: String

  package static let scheme = "nats://"
  package static let standardName = "confab"
  static let standardPort = 4222
  static let serversMax = 16
  /// What NATS allows in the name of a stream, and people in a name.
  static let nameLengthMax = 32

  /// Nil when the text is not such an address.
  package init?(_ text: String) {
    guard text.hasPrefix(Self.scheme) else { return nil }
    var name = Self.standardName
    var servers: [String] = []
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      var rest = part.hasPrefix(Self.scheme) ? part.dropFirst(Self.scheme.count) : part
      if let slash = rest.firstIndex(of: "/") {
        let end = rest[rest.index(after: slash)...]
        guard index == parts.count - 1 || end.isEmpty else { return nil }
        if !end.isEmpty { name = String(end) }
        rest = rest[..<slash]
      }
      guard let server = Self.server(rest) else { return nil }
      servers.append(server)
    }
    guard servers.count <= Self.serversMax, Self.isName(name) else { return nil }
    self.servers = servers
    self.name = name
  }

  package var description: String {
    "\(Self.scheme)\(servers.joined(separator: ","))/\(name)"
  }

  private static func isName(_ name: String) -> Bool {
    (1...nameLengthMax).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch UnicodeScalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
      }
  }

  private static func server(_ text: Substring) -> String? {
    var host = text
    var port = standardPort
    // The colons of an address in brackets are its own.
    if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
      guard let number = Int(text[text.index(after: colon)...]), (1...65_535).contains(number)
      else { return nil }
      host = text[..<colon]
      port = number
    }
    // A name and a password have a file of their own, where no list of processes shows them.
    let isFit =
      !host.isEmpty && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
      && !host.contains("@") && (host.hasPrefix("[") == host.contains(":"))
    return isFit ? "\(host):\(port)" : nil
  }
}
