import ArgumentParser
import ConfabClient
import ConfabDomain
import ConfabNetwork
import ConfabWire
import Primitives

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the safety numbers of a person's devices.",
    discussion: """
      Each pair of devices, one of yours and one of theirs, has a number, and both of you see the \
      same. Compare them where nobody can change what you say: side by side, or on the telephone. \
      Then you know that nobody stands between these devices, the server's owner included.

        confab verify @bob                 show the numbers
        confab verify @bob --confirm       they are the same: trust these devices

      A device that came after you last confirmed is marked new. Once you have looked, --confirm \
      takes only the devices that you were shown: one that comes in between is left out.
      """)

  @Argument(help: "@name")
  var person: PersonArgument

  @Flag(help: "The numbers are the same: trust these devices.")
  var confirm = false

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func run() async throws {
    let current = try client.currentServer()
    let connection = try await current.dialer.dial()
    let place = connection.welcome.place.hex
    let this = try current.profile.device().publicKeys.identity
    let list = try await connection.devices(of: person.name)
    let mine = try await ownDevices(connection, this: this, isMyself: list.name)
    let known = try current.profile.knownDevices(of: list.name, in: place)
    let theirs = list.devices.filter { $0.key != this }.compactMap { TheirDevice($0, known: known) }
    let confirmed = confirm ? theirs.filter(\.wasShown) : []
    try current.profile.noteDevices(
      theirs.map(\.keys), of: list.name, in: place, verified: false)
    try current.profile.noteDevices(
      confirmed.map(\.keys), of: list.name, in: place, verified: true)
    for var device in theirs {
      if confirm, device.wasShown { device.isVerified = true }
      show(device, of: list.name, mine)
    }
    if theirs.isEmpty { Output.note("\(list.name) has no other device yet.") }
  }

  /// This device first. Of one's own devices only this one is compared with the others.
  private func ownDevices(
    _ connection: Connection, this: [UInt8], isMyself person: String
  ) async throws -> [OwnDevice] {
    guard let me = connection.signedIn?.name else { throw connection.wrongAnswer }
    let all = try await connection.devices(of: me).devices.map {
      OwnDevice(name: $0.device.name, key: $0.key, isThis: $0.key == this)
    }
    return all.filter(\.isThis) + (person == me ? [] : all.filter { !$0.isThis })
  }

  private func show(_ device: TheirDevice, of person: String, _ mine: [OwnDevice]) {
    if !output.json {
      Output.line(
        "\(Output.strong(device.name.escapedLine))  since \(LocalTime.text(device.since))  "
          + device.stateName)
    }
    for own in mine {
      let number = SafetyNumber.text(own.key, device.key)
      if output.json {
        Output.line(json(device, of: person, own, number))
      } else {
        Output.line("    \(number)  with \(own.isThis ? "this device" : own.name.escapedLine)")
      }
    }
    if !output.json, let advice = device.advice(isConfirming: confirm) {
      Output.line("    \(advice)")
    }
  }

  private func json(
    _ device: TheirDevice, of person: String, _ own: OwnDevice, _ number: String
  ) -> JSONObject {
    var object = JSONObject(event: "safety-number")
    object.add("name", person)
    object.add("device", device.name)
    object.add("key", device.key.hex)
    object.add("since", device.since.rfc3339)
    object.add("mine", own.name)
    object.add("thisDevice", own.isThis)
    object.add("number", number)
    object.add("verified", device.isVerified)
    object.add("new", device.isNew)
    return object
  }
}

private struct OwnDevice {
  var name: String
  var key: [UInt8]
  var isThis: Bool
}

/// A device of the other person, and what this profile thinks of it.
private struct TheirDevice {
  let keys: DeviceKeys
  let since: Int64
  var isVerified: Bool
  /// Others of this person were confirmed, and this one came later.
  let isNew: Bool
  /// Whoever confirms has had the chance to compare it: it was shown before, or nothing was.
  let wasShown: Bool

  var name: String { keys.name }
  var key: [UInt8] { keys.identity }

  /// Nil when the server tells of a device without keys.
  init?(_ info: WireDeviceInfo, known: [KnownDevice]) {
    guard let keys = DeviceKeys(info.device) else { return nil }
    self.keys = keys
    since = info.registeredAt
    let remembered = known.first { $0.key == keys.identity.hex }
    let isVerified = remembered?.isVerified == true
    self.isVerified = isVerified
    isNew = !isVerified && known.contains(where: \.isVerified)
    wasShown = known.isEmpty || remembered != nil
  }

  var stateName: String { isVerified ? "verified" : isNew ? "NEW, not verified" : "not verified" }

  func advice(isConfirming: Bool) -> String? {
    if isVerified { return nil }
    if isConfirming {
      return "Not confirmed: you have not seen this device before. Compare, then confirm again."
    }
    return isNew ? "This device is new since you last confirmed. Compare before you trust it." : nil
  }
}

extension WireDeviceInfo {
  fileprivate var key: [UInt8] { Array(device.identityKey) }
}
