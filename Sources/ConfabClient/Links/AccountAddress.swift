package import ConfabNetwork

/// A person at a server, as typed to sign in: `NAME@HOST[:PORT]`.
package struct AccountAddress: Hashable, Sendable {
  package var name: String
  package var server: HostPort

  package init(parsing text: String) throws(AddressError) {
    // An address has no `@`, so the last one parts the two.
    guard let at = text.lastIndex(of: "@"), at != text.startIndex else {
      throw AddressError("\"\(text)\" is not NAME@HOST or NAME@HOST:PORT.")
    }
    name = String(text[..<at])
    server = try HostPort(server: String(text[text.index(after: at)...]))
  }
}

extension HostPort {
  /// A server to connect to: port 0, which only a listener may ask for, is refused.
  package init(server text: String) throws(AddressError) {
    guard let address = HostPort(text), address.port > 0 else {
      throw AddressError("\"\(text)\" is not a server's address: write HOST or HOST:PORT.")
    }
    self = address
  }
}

extension HostPort: Codable {
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    try self.init(server: text)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A link, a name or an address that cannot be read, in words for the person who typed it.
package struct AddressError: Error, Hashable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
