/// The public keys of a device, 32 bytes each.
package struct TransferDevice: Hashable, Sendable {
  static let keyBytes = 32

  /// Ed25519: signs offers and answers; what people compare and what is pinned.
  package let identity: [UInt8]
  /// X25519: the static key of the handshake, vouched for by the signature.
  package let agreement: [UInt8]

  package init(identity: [UInt8], agreement: [UInt8]) {
    precondition(identity.count == Self.keyBytes && agreement.count == Self.keyBytes)
    self.identity = identity
    self.agreement = agreement
  }
}

extension BlobWriter {
  mutating func write(_ device: TransferDevice) {
    write(device.identity)
    write(device.agreement)
  }
}

extension BlobReader {
  mutating func device() throws(BlobError) -> TransferDevice {
    TransferDevice(
      identity: try bytes(TransferDevice.keyBytes),
      agreement: try bytes(TransferDevice.keyBytes))
  }
}
