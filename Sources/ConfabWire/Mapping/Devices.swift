package import ConfabDomain
import FoundationEssentials

extension WireDevice {
  package init(_ keys: DeviceKeys) {
    self.init()
    identityKey = Data(keys.identity)
    agreementKey = Data(keys.agreement)
    name = keys.name
  }
}

extension DeviceKeys {
  /// Nil when a key has not 32 bytes.
  package init?(_ device: WireDevice) {
    guard device.identityKey.count == Self.keyBytes, device.agreementKey.count == Self.keyBytes
    else { return nil }
    self.init(
      identity: Array(device.identityKey), agreement: Array(device.agreementKey),
      name: device.name)
  }
}
