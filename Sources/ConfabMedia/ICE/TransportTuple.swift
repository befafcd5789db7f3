/// Where a participant's datagrams come from and which of our addresses they were sent to: what they
/// are answered to, and from (RFC 8445 §7.3.1.3).
package struct TransportTuple: Hashable, Sendable {
  /// An IPv6 address, most significant byte first; an IPv4 address in its mapped form
  /// (RFC 4291 §2.5.5.2).
  package var remoteHigh: UInt64
  package var remoteLow: UInt64
  package var remotePort: UInt16
  /// The address of ours; zero lets the system choose.
  package var localHigh: UInt64
  package var localLow: UInt64
  /// The network interface, which link-local addresses need; zero lets the system choose.
  package var interface: UInt32
  /// Zero is the UDP socket; anything else is a TCP connection that the shell numbers.
  package var connection: UInt32

  package init(
    remoteHigh: UInt64, remoteLow: UInt64, remotePort: UInt16, localHigh: UInt64 = 0,
    localLow: UInt64 = 0, interface: UInt32 = 0, connection: UInt32 = 0
  ) {
    self.remoteHigh = remoteHigh
    self.remoteLow = remoteLow
    self.remotePort = remotePort
    self.localHigh = localHigh
    self.localLow = localLow
    self.interface = interface
    self.connection = connection
  }

  /// - Parameter remote: 4 or 16 bytes.
  package init(remote: [UInt8], port: UInt16, connection: UInt32 = 0) {
    precondition(remote.count == 4 || remote.count == 16)
    let mapped =
      remote.count == 4 ? [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + remote : remote
    func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    self.init(
      remoteHigh: word(mapped[..<8]), remoteLow: word(mapped[8...]), remotePort: port,
      connection: connection)
  }

  /// 4 or 16 bytes, as STUN tells it.
  package var remoteAddress: [UInt8] {
    let bytes = Self.bytes(remoteHigh) + Self.bytes(remoteLow)
    let isMapped = remoteHigh == 0 && remoteLow >> 32 == 0xFFFF
    return isMapped ? Array(bytes[12...]) : bytes
  }

  private static func bytes(_ word: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
  }
}
