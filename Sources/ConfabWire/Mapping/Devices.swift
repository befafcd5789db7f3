package import ConfabDomain

extension WireDevice {
  package init(_ keys: DeviceKeys) {
    self.init()
    identityKey = field(keys.identity)
    agreementKey = field(keys.agreement)
    name = keys.name
  }
}

extension DeviceKeys {
  /// Nil when a key has not 32 bytes.
  package init?(_ device: WireDevice) {
    let (identity, agreement) = (Array(device.identityKey), Array(device.agreementKey))
    guard identity.count == Self.keyBytes, agreement.count == Self.keyBytes else { return nil }
    self.init(identity: identity, agreement: agreement, name: device.name)
  }
}
