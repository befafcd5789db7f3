import Primitives

/// A device of another person that this profile has seen.
package struct KnownDevice: Hashable, Sendable, Codable {
  package var place: String
  package var person: String
  /// The identity key in hexadecimal.
  package var key: String
  /// The safety numbers were compared and found the same.
  package var isVerified: Bool
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
    _ keys: [[UInt8]], of person: String, in place: String, verified: Bool
  ) throws {
    let person = person.lowercased()
    try change(Self.devicesFile, from: DeviceBook()) { book in
      for key in keys.map(\.hex) {
        let index = book.devices.firstIndex {
          $0.place == place && $0.person == person && $0.key == key
        }
        if let index {
          if verified { book.devices[index].isVerified = true }
        } else {
          book.devices.append(
            KnownDevice(place: place, person: person, key: key, isVerified: verified))
        }
      }
    }
  }
}
