import ConfabTransfer
import Crypto
import Primitives

/// Two devices with keys that are the same in every run.
struct Pair {
  let initiatorStatic = Self.agreement(1)
  let initiatorEphemeral = Self.agreement(2)
  let responderStatic = Self.agreement(3)
  let responderEphemeral = Self.agreement(4)
  let prologue = [UInt8](repeating: 5, count: 32)

  var initiatorPublic: [UInt8] { Array(initiatorStatic.publicKey.rawRepresentation) }
  var responderPublic: [UInt8] { Array(responderStatic.publicKey.rawRepresentation) }

  func initiator(prologue: [UInt8]? = nil) -> NoiseInitiator {
    NoiseInitiator(
      staticPrivate: initiatorStatic, remoteStatic: responderPublic,
      prologue: prologue ?? self.prologue, ephemeral: initiatorEphemeral)
  }

  func responder() -> NoiseResponder {
    NoiseResponder(
      staticPrivate: responderStatic, expectedRemoteStatic: initiatorPublic, prologue: prologue,
      ephemeral: responderEphemeral)
  }

  static func agreement(_ byte: UInt8) -> Curve25519.KeyAgreement.PrivateKey {
    let bytes = [UInt8](repeating: byte, count: 32)
    guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes) else {
      preconditionFailure("Any 32 bytes are a key")
    }
    return key
  }

  static func signing(_ byte: UInt8) -> Curve25519.Signing.PrivateKey {
    let bytes = [UInt8](repeating: byte, count: 32)
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes) else {
      preconditionFailure("Any 32 bytes are a key")
    }
    return key
  }
}

extension Array where Element == UInt8 {
  /// Every array that differs in one bit.
  var bitFlips: some Sequence<[UInt8]> {
    (0..<count * 8).lazy.map { bit in
      var changed = self
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      return changed
    }
  }

  /// Every beginning that is shorter.
  var prefixes: some Sequence<[UInt8]> {
    (0..<count).lazy.map { Array(self.prefix($0)) }
  }
}
