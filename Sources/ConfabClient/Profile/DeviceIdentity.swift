package import ConfabDomain
package import Crypto
import Foundation
import Primitives

/// The keys of this device. The private halves never leave the profile's folder.
package struct DeviceIdentity: Sendable {
  package let identity: Curve25519.Signing.PrivateKey
  package let agreement: Curve25519.KeyAgreement.PrivateKey
  package let name: String

  package var publicKeys: DeviceKeys {
    DeviceKeys(
      identity: Array(identity.publicKey.rawRepresentation),
      agreement: Array(agreement.publicKey.rawRepresentation), name: name)
  }

  /// Proves to a server that this device holds its key.
  package func proof(challenge: [UInt8]) throws -> [UInt8] {
    Array(try identity.signature(for: DeviceProof.message(challenge: challenge)))
  }
}

private struct StoredKeys: Codable {
  var identity = ""
  var agreement = ""
}

extension Profile {
  private static let deviceFile = "device.json"

  /// The device's keys; the first call makes them.
  package func device() throws -> DeviceIdentity {
    let stored = try change(Self.deviceFile, from: StoredKeys()) { stored in
      if stored.identity.isEmpty {
        stored.identity = Array(Curve25519.Signing.PrivateKey().rawRepresentation).base64URL
        stored.agreement = Array(Curve25519.KeyAgreement.PrivateKey().rawRepresentation).base64URL
      }
      return stored
    }
    guard let identity = [UInt8](base64URL: stored.identity),
      let agreement = [UInt8](base64URL: stored.agreement)
    else {
      throw ProfileError("\(folder)/\(Self.deviceFile) is damaged: restore it from a backup.")
    }
    return DeviceIdentity(
      identity: try Curve25519.Signing.PrivateKey(rawRepresentation: identity),
      agreement: try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: agreement),
      name: deviceName)
  }

  /// What a person recognises in a list of sessions.
  private var deviceName: String {
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let bytes = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let text = String(decoding: bytes, as: UTF8.self) + (name == "default" ? "" : "/\(name)")
    return String(text.prefix(DeviceKeys.nameBytesMax))
  }
}
