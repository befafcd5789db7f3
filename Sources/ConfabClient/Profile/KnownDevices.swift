package import ConfabDomain
import Primitives

/// A device of another person that this profile has seen.
package struct KnownDevice: Hashable, Sendable, Codable {
  package var place: String
  package var person: String
  /// The identity key in hexadecimal.
  package var key: String
  /// The safety numbers were compared and found the same.
  package var isVerified: Bool
  /// The agreement key in hexadecimal, once files were exchanged with the device or it was compared.
  /// Until then it was only seen, and is not relied on.
  package var agreement: String?
  /// What its owner calls it.
  package var name: String?
}

/// How a device that files come from, or go to, stands to what this profile remembers.
package enum DeviceStanding: Hashable, Sendable {
  case known(isVerified: Bool)
  /// The first one of this person: it is believed, and remembered from now on.
  case first
  /// Others of this person are known; of those some may have been compared, and then this one should be.
  case new(othersVerified: Bool)
}

private struct DeviceBook: Codable {
  var devices: [KnownDevice] = []
}

extension Profile {
  private static let devicesFile = "devices.json"

  package func knownDevices(of person: String, in place: String) throws -> [KnownDevice] {
    let person = person.lowercased()
    return (try load(DeviceBook.self, from: Self.devicesFile)?.devices ?? [])
      .filter { $0.place == place && $0.person == person }
  }

  /// Remembers the devices, so that a new one is noticed the next time.
  package func noteDevices(
    _ keys: [DeviceKeys], of person: String, in place: String, verified: Bool
  ) throws {
    let person = person.lowercased()
    try change(Self.devicesFile, from: DeviceBook()) { book in
      for keys in keys {
        let agreement = verified ? keys.agreement.hex : nil
        if let index = book.index(of: keys, person, place) {
          guard verified else { continue }
          // Whoever compared the numbers vouches for what the device says of itself.
          book.devices[index].isVerified = true
          book.devices[index].agreement = agreement
        } else {
          book.devices.append(
            KnownDevice(
              place: place, person: person, key: keys.identity.hex, isVerified: verified,
              agreement: agreement, name: keys.name))
        }
      }
    }
  }

  /// Whether `pin` has to know which devices of the person there are: only where one of the same name is
  /// relied on, which this one may have taken the place of.
  package func needsList(
    toPin keys: DeviceKeys, of person: String, in place: String
  ) throws -> Bool {
    let relied = try knownDevices(of: person, in: place).filter { $0.agreement != nil }
    return !relied.contains { $0.key == keys.identity.hex }
      && relied.contains { $0.name == keys.name }
  }

  /// Relies on a device from now on, if nothing speaks against it.
  ///
  /// - Parameter listed: all devices of the person that the server tells of; of no account unless
  ///   `needsList`.
  /// - Throws: `Rejection.Code.deviceKeyChanged` when a device that was relied on has another key now:
  ///   somebody may stand between.
  package func pin(
    _ keys: DeviceKeys, of person: String, in place: String, listed: [DeviceKeys]
  ) throws -> DeviceStanding {
    let name = person.lowercased()
    return try change(Self.devicesFile, from: DeviceBook()) { book in
      let relied = book.devices.filter {
        $0.place == place && $0.person == name && $0.agreement != nil
      }
      if let known = relied.first(where: { $0.key == keys.identity.hex }) {
        guard known.agreement == keys.agreement.hex else { throw Self.changed(keys, of: person) }
        return .known(isVerified: known.isVerified)
      }
      // A device of this name is relied on, and gone from the list: this one took its place.
      let stillListed = Set(listed.map(\.identity.hex))
      guard !relied.contains(where: { $0.name == keys.name && !stillListed.contains($0.key) })
      else { throw Self.changed(keys, of: person) }
      book.rely(on: keys, name, place)
      return relied.isEmpty ? .first : .new(othersVerified: relied.contains(where: \.isVerified))
    }
  }

  private static func changed(_ keys: DeviceKeys, of person: String) -> Rejection {
    Rejection(
      .deviceKeyChanged,
      "The key of \(person)'s device \(keys.name) has changed. Somebody may stand between you. Ask "
        + "\(person) on another way, compare with: confab verify @\(person), and go on with --confirm."
    )
  }
}

extension DeviceBook {
  fileprivate func index(of keys: DeviceKeys, _ person: String, _ place: String) -> Int? {
    devices.firstIndex {
      $0.place == place && $0.person == person && $0.key == keys.identity.hex
    }
  }

  fileprivate mutating func rely(on keys: DeviceKeys, _ person: String, _ place: String) {
    if let index = index(of: keys, person, place) {
      devices[index].agreement = keys.agreement.hex
      devices[index].name = keys.name
    } else {
      devices.append(
        KnownDevice(
          place: place, person: person, key: keys.identity.hex, isVerified: false,
          agreement: keys.agreement.hex, name: keys.name))
    }
  }
}
