package import Crypto

/// All that a connection is made from: what the offer and its answer say, and the shell's choices.
package struct ConnectionSetup: Sendable {
  package enum Role: Hashable, Sendable {
    /// Has the files, and answers.
    case presenter
    /// Gets them, and speaks first.
    case recipient
  }

  package var role: Role
  package var staticPrivate: Curve25519.KeyAgreement.PrivateKey
  /// Made for this connection alone, by a shell: cores have no chance of their own.
  package var ephemeral: Curve25519.KeyAgreement.PrivateKey
  package var remoteStatic: [UInt8]
  /// The hash of offer and answer: whoever changed them on the way breaks the handshake.
  package var prologue: [UInt8]
  /// How the other side addresses this connection.
  package var localIndex: UInt32
  /// How this side addresses the other's, from the answer or the offer: what the handshake's unprotected
  /// headers say must agree.
  package var remoteIndex: UInt32
  /// From the offer. The recipient echoes it in message 1, so its address is validated with that.
  package var token: [UInt8]
  /// Where the other side may be reached, the likeliest first: they are tried in this order.
  package var candidates: [Candidate]
  /// Only the relay may learn where this side is: nothing goes anywhere else, whatever the other side says,
  /// and nothing is taken from anywhere else.
  package var isRelayOnly = false
  /// Content beyond it is refused.
  package var contentBytes: UInt64 = PacketLimits.integerMax
  package var initialContentCredit: UInt64 = TransferLimits.initialContentCredit
  /// The largest datagram that the local interface takes.
  package var datagramBytesMax: Int = PacketLimits.datagramBytesMax
  /// Packets under one key before the next is used, and before it is over; less in tests only.
  package var packetsPerKeyMax: UInt64 = KeyUpdateSchedule.packetsMax
  package var packetsPerKeyEnd: UInt64 = KeyUpdateSchedule.packetsEnd
  /// Packets that may fail to open; less in tests only.
  package var forgeriesMax: UInt64 = KeyUpdateSchedule.forgeriesMax
  package var congestion: CongestionAlgorithm = .bbr
  /// Bytes per second; nil for as fast as the path goes.
  package var rateLimit: Int?
  /// What the path carried lately.
  package var startRate: Int?
  /// Makes the tokens of paths another connection's if two of them have the same keys.
  package var pathSeed: UInt64
  /// For the packet numbers left out, which the other side must not foresee.
  package var skipSeed: UInt64

  package init(
    role: Role, staticPrivate: Curve25519.KeyAgreement.PrivateKey,
    ephemeral: Curve25519.KeyAgreement.PrivateKey, remoteStatic: [UInt8],
    prologue: [UInt8], localIndex: UInt32, remoteIndex: UInt32, token: [UInt8],
    candidates: [Candidate], pathSeed: UInt64, skipSeed: UInt64
  ) {
    self.role = role
    self.staticPrivate = staticPrivate
    self.ephemeral = ephemeral
    self.remoteStatic = remoteStatic
    self.prologue = prologue
    self.localIndex = localIndex
    self.remoteIndex = remoteIndex
    self.token = token
    self.candidates = candidates
    self.pathSeed = pathSeed
    self.skipSeed = skipSeed
  }

  /// What the tokens of paths are made from: the other side sees some of them and must not foresee others.
  var pathSecret: [UInt8] {
    var hash = SHA256()
    hash.update(data: Array("confab path tokens".utf8))
    hash.update(data: staticPrivate.rawRepresentation)
    hash.update(data: ephemeral.rawRepresentation)
    hash.update(data: prologue)
    withUnsafeBytes(of: pathSeed.bigEndian) { hash.update(bufferPointer: $0) }
    return Array(hash.finalize())
  }
}
