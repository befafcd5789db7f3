package import Primitives

/// One DTLS association whose only purpose is to agree on SRTP's keys (RFC 5764). The shell brings the
/// implementation; the core knows only this.
///
/// Datagrams and time go in. After each call `state`, `nextDatagram` and `nextDeadline` may have
/// changed.
package protocol DTLSEngine: ~Copyable {
  var state: DTLSState { get }
  /// When `timeout` has to be called; nil while nothing waits for an answer.
  var nextDeadline: MonotonicTime? { get }

  /// Begins the handshake, on the side that is the client.
  mutating func start(at now: MonotonicTime)
  /// - Parameter datagram: valid during the call.
  mutating func receive(_ datagram: UnsafeRawBufferPointer, at now: MonotonicTime)
  /// Sends the last flight again.
  mutating func timeout(at now: MonotonicTime)
  /// Says goodbye to the other side.
  mutating func close()
  /// What is to be sent, a datagram each.
  mutating func nextDatagram() -> [UInt8]?
}

package enum DTLSState: Sendable {
  case handshaking
  /// Both sides have the same keys; whose they are, the fingerprint has to say.
  case connected(SRTPKeys, peer: CertificateFingerprint)
  /// The other side said goodbye.
  case closed
  /// For the log.
  case failed(String)
}

/// Which side begins.
package enum DTLSRole: Sendable {
  case client, server
}

/// SHA-256 over a certificate's DER form, as SDP tells it (RFC 8122 §5).
package struct CertificateFingerprint: Hashable, Sendable {
  private static let byteCount = 32

  package let bytes: [UInt8]

  /// Nil unless there are 32 bytes.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Pairs of hexadecimal digits with colons between them. Nil for anything else.
  package init?(text: some StringProtocol) {
    let pairs = text.split(separator: ":", omittingEmptySubsequences: false)
    guard pairs.count == Self.byteCount, pairs.allSatisfy({ $0.utf8.count == 2 }),
      let bytes = [UInt8](hex: pairs.joined().lowercased())
    else { return nil }
    self.init(bytes: bytes)
  }

  package var text: String {
    bytes.map { [$0].hex.uppercased() }.joined(separator: ":")
  }
}
