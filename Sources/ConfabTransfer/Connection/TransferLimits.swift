/// Limits of a connection.
package enum TransferLimits {
  /// What each side keeps of a control stream, sent and received.
  package static let controlWindowBytes = 256 << 10
  /// What the presenter may send before the recipient said anything, so that the first flight waits
  /// for nobody.
  package static let initialContentCredit: UInt64 = 8 << 20
  /// Address translators forget a mapping after 30 s at the earliest (RFC 4787 requires 2 minutes,
  /// many do not comply).
  package static let keepaliveInterval: UInt64 = 15_000_000_000
  /// Then the transfer is given up and can be resumed.
  package static let idleTimeout: UInt64 = 30_000_000_000
  /// Probe timeouts in a row without an answer, before other paths are tried.
  package static let silentProbesMax = 3
  /// A side that only listens gives silence this long at least before it asks.
  package static let silenceMin: UInt64 = 500_000_000
  /// Message 1 is sent again after this, then after twice as long, and so on.
  package static let handshakeInterval: UInt64 = 250_000_000
  package static let handshakeIntervalMax: UInt64 = 4_000_000_000
  /// Packets came that only message 2 lets us read: ask again, but not for each of them.
  package static let handshakeHurryInterval: UInt64 = 50_000_000
  /// How long a closed connection repeats to the other side that it is (RFC 9000 §10.2), in probe
  /// timeouts.
  package static let closingProbeTimeouts: UInt64 = 3
  /// Packet numbers between two that are left out.
  package static let skipDistance: ClosedRange<UInt64> = 512...8_192
  /// With more ranges than this, an acknowledgement asks to be acknowledged itself, so that the old
  /// ranges need not be repeated for ever.
  static let rangesUnconfirmedMax = 8
  /// Another direct path must be faster than the one in use by this factor to be worth a new start.
  static let fasterPathFactor: UInt64 = 2
  /// With fewer bytes than one part in this many left in a datagram, it is padded to keep a train's
  /// datagrams of one size.
  static let paddedPart = 16
}
