import ConfabClient
import ConfabDomain
import ConfabNetwork
import ConfabTransfer
import Foundation
import Primitives
import Testing

@Suite struct ProfileTests {
  let folder: TemporaryFolder
  let profile: Profile

  init() throws {
    folder = try TemporaryFolder()
    profile = try Profile(named: nil, environment: ["CONFAB_HOME": folder.path + "/home"])
  }

  private func server(_ name: String, account: String = "ann") -> KnownServer {
    KnownServer(
      address: HostPort(host: name, port: 4747), pin: nil, place: "00", account: account,
      token: "dG9rZW4")
  }

  @Test func isPrivate() throws {
    try profile.remember(server("one"))
    _ = try profile.device()
    #expect(try folder.mode("home") == 0o700)
    #expect(try folder.mode("home/servers.json") == 0o600)
    #expect(try folder.mode("home/device.json") == 0o600)
  }

  @Test func closesAFolderThatWasOpenToOthers() throws {
    let open = folder.path + "/open"
    try FileManager.default.createDirectory(
      atPath: open, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    _ = try Profile(named: nil, environment: ["CONFAB_HOME": open])
    #expect(try folder.mode("open") == 0o700)
  }

  @Test func theLastServerIsTheCurrentOne() throws {
    try profile.remember(server("one"))
    try profile.remember(server("two"))
    #expect(try profile.server()?.address.host == "two")
    #expect(try profile.server(at: HostPort(host: "one", port: 4747))?.address.host == "one")
    #expect(try profile.server(at: HostPort(host: "three", port: 4747)) == nil)
    try profile.remember(server("one", account: "bob"))
    #expect(try profile.server()?.account == "bob")
    #expect(try profile.servers().count == 2)
  }

  @Test func forgetsOnlyTheTokenThatEnded() throws {
    try profile.remember(server("one"))
    try profile.forgetToken("another", at: HostPort(host: "one", port: 4747))
    #expect(try profile.server()?.token != nil)
    try profile.forgetToken("dG9rZW4", at: HostPort(host: "one", port: 4747))
    #expect(try profile.server()?.token == nil)
  }

  @Test func keepsItsKeys() throws {
    let first = try profile.device().publicKeys
    let again = try Profile(named: nil, environment: ["CONFAB_HOME": folder.path + "/home"])
    #expect(try again.device().publicKeys == first)
    let other = try Profile(named: "work", environment: ["CONFAB_HOME": folder.path + "/home"])
    #expect(try other.device().publicKeys.identity != first.identity)
  }

  @Test func saysWhichFileIsDamaged() throws {
    try Data("{".utf8).write(to: URL(fileURLWithPath: folder.path + "/home" + "/servers.json"))
    let error = #expect(throws: ProfileError.self) { try profile.server() }
    #expect(error?.description.contains("servers.json") == true)
  }

  @Test(arguments: ["", "..", ".hidden", "a/b", "a b", "ä"])
  func refusesNamesThatLeaveTheFolder(_ name: String) {
    #expect(throws: AddressError.self) {
      try Profile(named: name, environment: ["CONFAB_HOME": folder.path])
    }
  }

  @Test func followsTheEnvironment() throws {
    let xdg = try Profile(named: nil, environment: ["XDG_CONFIG_HOME": folder.path + "/x"])
    #expect(xdg.folder == folder.path + "/x/confab")
    let home = try Profile(named: nil, environment: ["HOME": folder.path + "/h"])
    #expect(home.folder == folder.path + "/h/.config/confab")
    #expect(throws: ProfileError.self) { try Profile(named: nil, environment: [:]) }
  }

  @Test func manyChangesAtOnceLoseNone() async throws {
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<24 {
        let server = server("host-\(index)")
        group.addTask { [profile] in try? profile.remember(server) }
      }
    }
    #expect(try profile.servers().count == 24)
  }

  @Test func noticesDevices() throws {
    try profile.noteDevices([keys(1, 2)], of: "Bob", in: "p", verified: false)
    try profile.noteDevices([keys(1, 2), keys(3, 4)], of: "bob", in: "p", verified: true)
    let known = try profile.knownDevices(of: "BOB", in: "p")
    #expect(known.map(\.key) == ["01", "03"])
    #expect(known.allSatisfy { $0.isVerified })
    #expect(try profile.knownDevices(of: "bob", in: "q").isEmpty)
  }

  private func keys(_ identity: UInt8, _ agreement: UInt8, _ name: String = "laptop") -> DeviceKeys
  {
    DeviceKeys(identity: [identity], agreement: [agreement], name: name)
  }

  private func pin(_ keys: DeviceKeys, listed: [DeviceKeys]? = nil) throws -> DeviceStanding {
    try profile.pin(keys, of: "Bob", in: "p", listed: listed ?? [keys])
  }

  @Test func aRateIsRememberedForADeviceAtItsAddressForAnHour() throws {
    let device = TransferDevice(
      identity: [UInt8](repeating: 1, count: 32), agreement: [UInt8](repeating: 2, count: 32))
    let other = TransferDevice(
      identity: [UInt8](repeating: 3, count: 32), agreement: [UInt8](repeating: 2, count: 32))
    let address = PathAddress(ipv4: 0xC633_6401, port: 1_000)
    func rate(_ device: TransferDevice, _ kind: Candidate.Kind, low: UInt64, minutes: Int64) throws
      -> Int?
    {
      // Ports change with every transfer.
      try profile.rate(
        to: device, at: [Candidate(kind, high: address.high, low: low, port: 2_000)],
        now: WallTime(millisecondsSinceEpoch: minutes * 60_000))
    }
    let start = WallTime(millisecondsSinceEpoch: 0)
    #expect(try rate(device, .host, low: address.low, minutes: 1) == nil)
    try profile.remember(rate: 1_000_000, to: device, at: address, now: start)
    try profile.remember(rate: 2_000_000, to: device, at: address, now: start)
    #expect(try rate(device, .host, low: address.low, minutes: 59) == 2_000_000)
    #expect(try rate(device, .reflexive, low: address.low, minutes: 59) == 2_000_000)
    #expect(try rate(device, .host, low: address.low, minutes: 60) == nil)
    #expect(try rate(device, .host, low: address.low + 1, minutes: 1) == nil)
    #expect(try rate(device, .relay, low: address.low, minutes: 1) == nil)
    #expect(try rate(other, .host, low: address.low, minutes: 1) == nil)
  }

  @Test func whatWasAcceptedIsRememberedAsItWas() throws {
    func files(_ transfer: UInt8, _ device: UInt8, _ bytes: UInt64) -> AcceptedFiles {
      AcceptedFiles(transfer: [transfer], device: [device], name: "talk.mp4", bytes: bytes)
    }
    #expect(try !profile.hasAccepted(files(1, 2, 3)))
    try profile.noteAccepted(files(1, 2, 3))
    #expect(try profile.hasAccepted(files(1, 2, 3)))
    for other in [files(9, 2, 3), files(1, 9, 3), files(1, 2, 9)] {
      #expect(try !profile.hasAccepted(other))
    }
    for number in 2..<66 { try profile.noteAccepted(files(UInt8(number), 2, 3)) }
    #expect(try !profile.hasAccepted(files(1, 2, 3)))
    #expect(try profile.hasAccepted(files(65, 2, 3)))
  }

  @Test func theFirstDeviceOfAPersonIsBelieved() throws {
    #expect(try pin(keys(1, 2)) == .first)
    #expect(try pin(keys(1, 2)) == .known(isVerified: false))
    let both = [keys(1, 2), keys(3, 4)]
    #expect(try pin(keys(3, 4), listed: both) == .new(othersVerified: false))
    try profile.noteDevices([keys(1, 2)], of: "bob", in: "p", verified: true)
    #expect(try pin(keys(1, 2)) == .known(isVerified: true))
    #expect(try pin(keys(5, 6, "phone"), listed: both) == .new(othersVerified: true))
    #expect(try profile.pin(keys(1, 9), of: "bob", in: "q", listed: []) == .first)
    #expect(try profile.pin(keys(1, 9), of: "cat", in: "p", listed: []) == .first)
  }

  @Test func aChangedKeyBlocksUntilItWasCompared() throws {
    _ = try pin(keys(1, 2))
    let otherAgreement = keys(1, 3)
    // In the place of a device that is gone from the list.
    let otherIdentity = keys(7, 8)
    for changed in [otherAgreement, otherIdentity] {
      for _ in 0..<2 {
        #expect {
          try pin(changed)
        } throws: {
          ($0 as? Rejection)?.code == .deviceKeyChanged
        }
      }
      // Looking at it is not comparing it.
      try profile.noteDevices([changed], of: "bob", in: "p", verified: false)
      #expect(throws: Rejection.self) { try pin(changed) }
      try profile.noteDevices([changed], of: "bob", in: "p", verified: true)
      #expect(try pin(changed) == .known(isVerified: true))
    }
  }
}
