import ArgumentParser
import ConfabClient
import ConfabNetwork
import ConfabWire
import Primitives

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the safety number of a person's devices.",
    discussion: """
      You and the other person see the same number for the same two devices. Compare them where
      nobody can change what you say, for example on the telephone; then use --confirm.

      Example:
        confab verify @bob
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
    let mine = try current.profile.device().publicKeys.identity
    let list = try await connection.devices(of: person.name)
    let known = try current.profile.knownDevices(of: list.name, in: place)
    let devices = list.devices.filter { Array($0.device.identityKey) != mine }
    for device in devices {
      let key = Array(device.device.identityKey)
      let seen = known.first { $0.key == key.hex }
      show(
        device, number: SafetyNumber.text(mine, key),
        isVerified: confirm || seen?.isVerified == true, isNew: !known.isEmpty && seen == nil)
    }
    try current.profile.noteDevices(
      devices.map { Array($0.device.identityKey) }, of: list.name, in: place, verified: confirm)
    if devices.isEmpty { Output.note("\(list.name) has no other device.") }
  }

  private func show(_ info: WireDeviceInfo, number: String, isVerified: Bool, isNew: Bool) {
    if output.json {
      var object = JSONObject(event: "device")
      object.add("name", person.name)
      object.add("device", info.device.name)
      object.add("key", info.device.identityKey.hex)
      object.add("number", number)
      object.add("since", info.registeredAt.rfc3339)
      object.add("verified", isVerified)
      object.add("new", isNew)
      return Output.line(object)
    }
    let state = isVerified ? "verified" : "not verified"
    Output.line(
      "\(info.device.name.escapedLine)  since \(LocalTime.text(info.registeredAt))  \(state)")
    Output.line("    \(number)")
    if isNew {
      Output.line("    This device is new since you last looked. Compare its number before you trust it.")
    }
  }
}
