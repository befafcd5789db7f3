/// One way to the other side, and what is known of it.
package struct Path: Sendable {
  package let address: PathAddress
  package let kind: PathKind
  /// The other side answers there: it echoed what only it could read.
  package var isValidated = false
  /// From its latest validation, in nanoseconds; nil before, and where the answer is ambiguous.
  package var roundTrip: UInt64?
  package var sizes: SizeDiscovery

  // Before validation no more is sent than three times what came (RFC 9000 §8.1).
  package var bytesReceived: UInt64 = 0
  package var bytesSent: UInt64 = 0
  static let amplificationMax: UInt64 = 3

  /// When an authentic packet came from there last.
  package var lastHeardAt: UInt64?

  /// A challenge that came from there and is to be answered there.
  package var owedResponse: UInt64?

  // The validation under way.
  package var token: UInt64 = 0
  package var attempts = 0
  package var challengedAt: UInt64 = 0
  package var nextChallengeAt: UInt64?

  package init(_ address: PathAddress, kind: PathKind, datagramBytesMax: Int) {
    self.address = address
    self.kind = kind
    sizes = SizeDiscovery(limit: datagramBytesMax)
  }

  /// How many bytes may go there now.
  package var sendRoom: Int {
    guard !isValidated else { return .max }
    let allowed = Self.amplificationMax * bytesReceived
    return allowed > bytesSent ? Int(clamping: allowed - bytesSent) : 0
  }
}
