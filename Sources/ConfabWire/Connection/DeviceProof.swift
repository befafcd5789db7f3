/// What a device signs to prove at sign-in that it holds its key.
package enum DeviceProof {
  /// Ends up in front of the challenge, so that the signature is good for nothing else.
  private static let context = Array("confab sign-in".utf8)

  /// The bytes under the Ed25519 signature.
  package static func message(challenge: [UInt8]) -> [UInt8] { context + challenge }
}
