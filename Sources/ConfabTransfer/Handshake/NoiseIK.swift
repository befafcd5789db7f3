package import Crypto

/// The handshake: Noise_IK_25519_AESGCM_SHA256 (Noise revision 34 §7.5). One round trip, both sides
/// known beforehand from the offer and its answer, which the prologue binds it to.
///
///     <- s
///     …
///     -> e, es, s, ss, payload
///     <- e, ee, se, payload
///
/// Reading changes nothing unless the message was good, so that a forged datagram cannot spoil a
/// handshake that is under way. What message 1 carries may be an old one sent again (§7.7): it must
/// have no effect that cannot be repeated. Message 2 shows that both are there.
package enum NoiseIK {
  static let name = "Noise_IK_25519_AESGCM_SHA256"
  static let keyBytes = 32
  private static let tagBytes = PacketCipherSizes.tagBytes
  /// Ephemeral key, encrypted static key with its tag, tag of the payload.
  package static let message1OverheadBytes = 2 * keyBytes + 2 * tagBytes
  /// Ephemeral key, tag of the payload.
  package static let message2OverheadBytes = keyBytes + tagBytes
  /// What fits an initiation of 1,200 bytes; Noise itself would allow 65,535 (§3).
  package static let messageBytesMax = 1_154

  static func start(prologue: [UInt8], responderStatic: [UInt8]) -> NoiseSymmetricState {
    var symmetric = NoiseSymmetricState(protocolName: name, prologue: prologue)
    symmetric.mix(hash: responderStatic)
    return symmetric
  }

  /// The shared secret. A key that makes it zero is refused, as RFC 7748 §6.1 allows and Noise §12.1
  /// leaves to us: whoever sends such a key has proven to know nothing.
  static func agree(
    _ own: Curve25519.KeyAgreement.PrivateKey, _ theirs: [UInt8]
  ) throws(HandshakeError) -> SharedSecret {
    guard let key = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: theirs),
      let secret = try? own.sharedSecretFromKeyAgreement(with: key),
      secret.withUnsafeBytes({ $0.reduce(0, |) }) != 0
    else { throw .keyUnfit }
    return secret
  }

  static func checkLength(_ message: [UInt8], least: Int) throws(HandshakeError) {
    guard message.count >= least else { throw .truncated }
    guard message.count <= messageBytesMax else { throw .oversized }
  }
}

extension Curve25519.KeyAgreement.PrivateKey {
  var publicBytes: [UInt8] { Array(publicKey.rawRepresentation) }
}

/// The recipient of the files, who speaks first.
package struct NoiseInitiator: Sendable {
  private let staticPrivate: Curve25519.KeyAgreement.PrivateKey
  private let remoteStatic: [UInt8]
  private let ephemeral: Curve25519.KeyAgreement.PrivateKey
  private var symmetric: NoiseSymmetricState
  private var progress = Progress.begun

  private enum Progress {
    /// Nothing was said.
    case begun
    /// Message 1 is made; it may be sent again, always the same bytes.
    case asked
    /// Message 2 was read; the keys are with the caller.
    case done
  }

  /// - Parameters:
  ///   - ephemeral: fresh for every handshake; never the same twice.
  package init(
    staticPrivate: Curve25519.KeyAgreement.PrivateKey, remoteStatic: [UInt8], prologue: [UInt8],
    ephemeral: Curve25519.KeyAgreement.PrivateKey
  ) {
    precondition(remoteStatic.count == NoiseIK.keyBytes)
    self.staticPrivate = staticPrivate
    self.remoteStatic = remoteStatic
    self.ephemeral = ephemeral
    symmetric = NoiseIK.start(prologue: prologue, responderStatic: remoteStatic)
  }

  /// Binds other keys to this connection (§11.2). The same on both sides when the handshake is done.
  package var handshakeHash: [UInt8] { symmetric.hash }

  /// To be called once; keep the message to send it again.
  ///
  /// - Throws: `keyUnfit` when the responder's static key is none.
  package mutating func writeMessage1(payload: [UInt8]) throws(HandshakeError) -> [UInt8] {
    precondition(progress == .begun, "Message 1 is made once")
    precondition(NoiseIK.message1OverheadBytes + payload.count <= NoiseIK.messageBytesMax)
    var next = symmetric
    var message = ephemeral.publicBytes
    next.mix(hash: message)
    next.mix(key: try NoiseIK.agree(ephemeral, remoteStatic))
    message += next.encryptAndHash(staticPrivate.publicBytes)
    next.mix(key: try NoiseIK.agree(staticPrivate, remoteStatic))
    message += next.encryptAndHash(payload)
    (symmetric, progress) = (next, .asked)
    return message
  }

  package mutating func readMessage2(
    _ message: [UInt8]
  ) throws(HandshakeError) -> (payload: [UInt8], keys: TransferKeys) {
    precondition(progress == .asked, "Message 2 is read once, after message 1")
    try NoiseIK.checkLength(message, least: NoiseIK.message2OverheadBytes)
    var next = symmetric
    let remoteEphemeral = Array(message[..<NoiseIK.keyBytes])
    next.mix(hash: remoteEphemeral)
    next.mix(key: try NoiseIK.agree(ephemeral, remoteEphemeral))
    next.mix(key: try NoiseIK.agree(staticPrivate, remoteEphemeral))
    let payload = try next.decryptAndHash(message[NoiseIK.keyBytes...])
    (symmetric, progress) = (next, .done)
    let keys = symmetric.split()
    return (payload, TransferKeys(send: keys.initiator, receive: keys.responder))
  }
}

/// The presenter of the files, who answers.
package struct NoiseResponder: Sendable {
  private let staticPrivate: Curve25519.KeyAgreement.PrivateKey
  private let expectedRemoteStatic: [UInt8]
  private let ephemeral: Curve25519.KeyAgreement.PrivateKey
  private var symmetric: NoiseSymmetricState
  private var progress = Progress.begun

  private enum Progress {
    /// Waits for message 1.
    case begun
    /// Read message 1 with this ephemeral key.
    case asked([UInt8])
    /// Message 2 is made. When message 1 comes again, the same message 2 answers it.
    case done
  }

  /// - Parameters:
  ///   - expectedRemoteStatic: the agreement key in the answer: nobody else gets anything.
  ///   - ephemeral: fresh for every handshake; never the same twice.
  package init(
    staticPrivate: Curve25519.KeyAgreement.PrivateKey, expectedRemoteStatic: [UInt8],
    prologue: [UInt8], ephemeral: Curve25519.KeyAgreement.PrivateKey
  ) {
    precondition(expectedRemoteStatic.count == NoiseIK.keyBytes)
    self.staticPrivate = staticPrivate
    self.expectedRemoteStatic = expectedRemoteStatic
    self.ephemeral = ephemeral
    symmetric = NoiseIK.start(prologue: prologue, responderStatic: staticPrivate.publicBytes)
  }

  /// Binds other keys to this connection (§11.2). The same on both sides when the handshake is done.
  package var handshakeHash: [UInt8] { symmetric.hash }

  package mutating func readMessage1(_ message: [UInt8]) throws(HandshakeError) -> [UInt8] {
    guard case .begun = progress else { preconditionFailure("Message 1 is read once") }
    try NoiseIK.checkLength(message, least: NoiseIK.message1OverheadBytes)
    let staticEnd = 2 * NoiseIK.keyBytes + PacketCipherSizes.tagBytes
    var next = symmetric
    let remoteEphemeral = Array(message[..<NoiseIK.keyBytes])
    next.mix(hash: remoteEphemeral)
    next.mix(key: try NoiseIK.agree(staticPrivate, remoteEphemeral))
    let remoteStatic = try next.decryptAndHash(message[NoiseIK.keyBytes..<staticEnd])
    guard remoteStatic == expectedRemoteStatic else { throw .strangerKey }
    next.mix(key: try NoiseIK.agree(staticPrivate, remoteStatic))
    let payload = try next.decryptAndHash(message[staticEnd...])
    (symmetric, progress) = (next, .asked(remoteEphemeral))
    return payload
  }

  /// To be called once; keep the message to send it again.
  ///
  /// - Throws: `keyUnfit` when a key of the initiator is none; reading has ruled it out already.
  package mutating func writeMessage2(
    payload: [UInt8]
  ) throws(HandshakeError) -> (message: [UInt8], keys: TransferKeys) {
    guard case .asked(let remoteEphemeral) = progress else {
      preconditionFailure("Message 2 is made once, after message 1")
    }
    precondition(NoiseIK.message2OverheadBytes + payload.count <= NoiseIK.messageBytesMax)
    var next = symmetric
    var message = ephemeral.publicBytes
    next.mix(hash: message)
    next.mix(key: try NoiseIK.agree(ephemeral, remoteEphemeral))
    next.mix(key: try NoiseIK.agree(ephemeral, expectedRemoteStatic))
    message += next.encryptAndHash(payload)
    (symmetric, progress) = (next, .done)
    let keys = symmetric.split()
    return (message, TransferKeys(send: keys.responder, receive: keys.initiator))
  }
}
