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

extension PathAddress {
  package init(_ candidate: Candidate, localSocket: UInt8 = 0) {
    self.init(
      high: candidate.high, low: candidate.low, port: candidate.port, localSocket: localSocket)
  }
}

/// What a person is told about the way that the bytes take.
package enum PathKind: Hashable, Sendable {
  case direct
  case relay
}

extension PathKind {
  package init(_ kind: Candidate.Kind) {
    self = kind == .relay ? .relay : .direct
  }
}
