/// What a device shows at sign-in to prove that it holds its key.
package struct DeviceProof: Hashable, Sendable {
  /// The public half of the device's Ed25519 key.
  package var identity: [UInt8]
  /// Random bytes that the server made for this connection.
  package var challenge: [UInt8]
  /// By the identity's private half, over `message`.
  package var signature: [UInt8]

  package init(identity: [UInt8], challenge: [UInt8], signature: [UInt8]) {
    self.identity = identity
    self.challenge = challenge
    self.signature = signature
  }

  /// Ends up in front of the challenge, so that the signature is good for nothing else.
  private static let context = Array("confab sign-in".utf8)

  /// The bytes under the signature.
  package static func message(challenge: [UInt8]) -> [UInt8] { context + challenge }

  package var message: [UInt8] { Self.message(challenge: challenge) }
}
