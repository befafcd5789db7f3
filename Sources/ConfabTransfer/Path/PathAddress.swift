/// Where datagrams go and come from: an address and a port of the other side, and the socket of ours.
package struct PathAddress: Hashable, Sendable {
  /// An IPv6 address, most significant byte first; an IPv4 address in its mapped form
  /// (RFC 4291 §2.5.5.2).
  package var high: UInt64
  package var low: UInt64
  package var port: UInt16
  /// Which of our own sockets; the shell numbers them.
  package var localSocket: UInt8

  package init(high: UInt64, low: UInt64, port: UInt16, localSocket: UInt8 = 0) {
    self.high = high
    self.low = low
    self.port = port
    self.localSocket = localSocket
  }

  /// The mapped form of an IPv4 address, given as in a header.
  package init(ipv4: UInt32, port: UInt16, localSocket: UInt8 = 0) {
    self.init(
      high: 0, low: 0x0000_FFFF_0000_0000 | UInt64(ipv4), port: port, localSocket: localSocket)
  }
}

/// An address where the other side may be reached, as it said so or as the server saw it.
package struct PathCandidate: Hashable, Sendable {
  package enum Kind: UInt8, Sendable {
    /// An address of the device's own.
    case host = 0
    /// The address that others see, behind an address translator.
    case reflexive = 1
    /// The server, which passes datagrams on.
    case relay = 2
  }

  package var address: PathAddress
  package var kind: Kind

  package init(_ address: PathAddress, kind: Kind) {
    self.address = address
    self.kind = kind
  }

  /// Kind, address and port.
  static let encodedBytes = 19
}

/// What a person is told about the way that the bytes take.
package enum PathKind: Hashable, Sendable {
  case direct
  case relay
}
