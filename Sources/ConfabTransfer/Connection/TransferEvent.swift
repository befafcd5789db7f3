/// Where the presenter's bytes come from.
package protocol ContentSource: ~Copyable {
  /// Fills the buffer with bytes of the content stream. False when they cannot be read now: the range
  /// is put aside and reported as `TransferEvent.unreadable`.
  mutating func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool
}

/// Where the recipient's bytes go.
package protocol ContentSink: ~Copyable {
  /// Bytes of the content stream that were not there before, in place in the opened datagram; valid
  /// during the call only.
  mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64)
}

/// What a connection tells its owner.
package enum TransferEvent: Hashable, Sendable {
  /// Both sides have proven who they are.
  case handshakeDone
  /// More of the other side's control stream, in order.
  case control([UInt8])
  /// `sendControl` was refused, and has room now.
  case controlWritable
  /// These bytes of the content have arrived.
  case contentAcknowledged(Range<UInt64>)
  /// The source could not read these; queue them again when it can.
  case unreadable(Range<UInt64>)
  case pathChanged(PathAddress, PathKind)
  /// Nothing more will happen.
  case closed(TransferClosing)
}

/// Why a connection ended.
package enum TransferClosing: Hashable, Sendable {
  case byUs(code: UInt16, reason: String)
  case byPeer(code: UInt16, reason: String)
  /// Nothing was heard for 30 s; the transfer may be resumed with another connection.
  case idle
  case violation(TransportViolation)
}

/// Codes below this are the transport's own.
package enum CloseCode {
  package static let applicationMin: UInt16 = 0x100
}

/// The mark of a datagram's IP header (RFC 3168 §5).
package enum ECNMark: UInt8, Sendable {
  case none = 0
  case ect1 = 1
  case ect0 = 2
  case congestionExperienced = 3
}

/// Datagrams to send at once, of `segmentBytes` each, the last one shorter or alone.
package struct Train: Hashable, Sendable {
  package var path: PathAddress
  package var bytes: Int
  package var segmentBytes: Int
  package var mark = ECNMark.none
  /// To be sent whole or not at all (IP_PMTUDISC_PROBE), and not as part of a longer train.
  package var isMTUProbe = false

  package var segmentCount: Int { (bytes + segmentBytes - 1) / segmentBytes }
}

/// Counts since the connection began, for progress, metrics and tests.
package struct TransferStatistics: Hashable, Sendable {
  package var packetsSent: UInt64 = 0
  package var packetsReceived: UInt64 = 0
  package var packetsLost: UInt64 = 0
  /// Declared lost and arrived after all.
  package var packetsSpuriouslyLost: UInt64 = 0
  package var bytesSent: UInt64 = 0
  package var bytesReceived: UInt64 = 0
  /// Content bytes sent, repeated ones included.
  package var contentBytesSent: UInt64 = 0
  package var contentBytesAcknowledged: UInt64 = 0
  /// New content bytes that came.
  package var contentBytesReceived: UInt64 = 0
  /// Datagrams that were none of ours, unreadable, forged or repeated.
  package var datagramsDropped: UInt64 = 0
  package var datagramsReplayed: UInt64 = 0
  package var acknowledgementsSent: UInt64 = 0
  package var probeTimeouts: UInt64 = 0
  package var keyUpdates: UInt64 = 0
  package var pathChanges: UInt64 = 0
  package var blackHoles: UInt64 = 0
  /// Datagrams that the other side's host dropped.
  package var remoteHostDrops: UInt64 = 0

  // As of now.
  package var datagramBytes = 0
  package var bytesInFlight = 0
  package var windowBytes = 0
  package var pacingRate = 0
  package var smoothedRoundTrip: Duration = .zero
  package var minimumRoundTrip: Duration = .zero

  package init() {}
}
