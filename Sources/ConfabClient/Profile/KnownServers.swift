package import ConfabNetwork

/// A server where this profile is, or was, signed in.
package struct KnownServer: Hashable, Sendable, Codable {
  package var address: HostPort
  /// Nil: the system's certificate authorities decide.
  package var pin: String?
  /// 32 hexadecimal digits that name the place behind the address.
  package var place: String
  package var account: String
  /// The session's token in base64url; nil after signing out.
  package var token: String?
  /// Other servers of the place, where the session is as good.
  package var others: [KnownNode]?

  package init(
    address: HostPort, pin: String?, place: String, account: String, token: String?
  ) {
    self.address = address
    self.pin = pin
    self.place = place
    self.account = account
    self.token = token
  }
}

struct ServerBook: Codable {
  var servers: [KnownServer] = []
  /// Where somebody signed in last.
  var current: HostPort?
}

extension Profile {
  private static let serversFile = "servers.json"

  /// The server at the address, or the one signed in to last.
  package func server(at address: HostPort? = nil) throws -> KnownServer? {
    let book = try load(ServerBook.self, from: Self.serversFile) ?? ServerBook()
    guard let wanted = address ?? book.current else { return nil }
    return book.servers.first { $0.address == wanted }
  }

  package func servers() throws -> [KnownServer] {
    try load(ServerBook.self, from: Self.serversFile)?.servers ?? []
  }

  /// Remembers the server and makes it the current one.
  package func remember(_ server: KnownServer) throws {
    try change(Self.serversFile, from: ServerBook()) { book in
      book.servers.removeAll { $0.address == server.address }
      book.servers.append(server)
      book.current = server.address
    }
  }

  /// Remembers which other servers of the place there are.
  package func note(_ others: [KnownNode], of address: HostPort) throws {
    try change(Self.serversFile, from: ServerBook()) { book in
      for index in book.servers.indices where book.servers[index].address == address {
        book.servers[index].others = others
      }
    }
  }

  /// Forgets the session's token, unless another process has signed in anew meanwhile. The pin stays.
  package func forgetToken(_ token: String, at address: HostPort) throws {
    try change(Self.serversFile, from: ServerBook()) { book in
      for index in book.servers.indices
      where book.servers[index].address == address && book.servers[index].token == token {
        book.servers[index].token = nil
      }
    }
  }
}
