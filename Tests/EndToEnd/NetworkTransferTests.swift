import Foundation
import Testing

/// Files through address translators, and what may befall them on the way.
@Suite(.enabled(if: TestNetwork.obstacle == nil, TestNetwork.obstacle), .serialized)
struct NetworkTransferTests {
  @Test func behindTwoConesItGoesDirectly() async throws {
    let run = try await TransferRun(["ann": .cone, "bob": .cone], megabytes: 4)
    let receiver = try run.receive()
    try await run.send().outcome().expectSuccess()
    #expect(try await run.donePath(of: receiver) == "direct")
    #expect(run.isIdentical)
  }

  @Test func behindTwoSymmetricOnesItGoesOverTheRelay() async throws {
    let run = try await TransferRun(["ann": .symmetric, "bob": .symmetric], megabytes: 4)
    let receiver = try run.receive()
    try await run.send().outcome().expectSuccess()
    #expect(try await run.donePath(of: receiver) == "relay")
    #expect(run.isIdentical)
  }

  @Test func whereUDPIsBlockedItSaysSoAndWhatToDo() async throws {
    let run = try await TransferRun(["ann": .cone, "bob": .cone], megabytes: 1)
    for person in ["ann", "bob"] { try run.network.change("block-udp", person) }
    let (receiver, sender) = (try run.receive(), try run.send())
    for outcome in [try await receiver.outcome(), try await sender.outcome()] {
      #expect(outcome.status == 5)
      #expect(outcome.errors.contains("UDP may be blocked"), "\(outcome.errors)")
      #expect(outcome.errors.contains("confab doctor"), "\(outcome.errors)")
    }
    #expect(try run.received == nil)
    // And the doctor finds it.
    let doctor = try await run.place.run("bob", ["doctor", "--json"])
    #expect(
      doctor.output.contains(#""check":"udp","status":"problem""#), "\(doctor.output)")
  }

  @Test(arguments: ["ann", "bob"])
  func anAddressChangesInMidTransfer(_ mover: String) async throws {
    let run = try await TransferRun(["ann": .cone, "bob": .cone], megabytes: 6)
    let receiver = try run.receive()
    let sender = try run.send("--rate", "12Mbit")
    try await receiver.line { (number("bytes", of: $0) ?? 0) > 1_500_000 }
    try run.network.change("move", mover, "10.88.0.99")
    try await sender.outcome().expectSuccess()
    try await receiver.outcome().expectSuccess()
    #expect(run.isIdentical)
  }

  @Test func theServerIsRestartedInMidTransfer() async throws {
    let run = try await TransferRun(["ann": .cone, "bob": .cone], megabytes: 6)
    let receiver = try run.receive()
    let sender = try run.send("--rate", "12Mbit")
    try await receiver.line {
      (number("bytes", of: $0) ?? 0) > 1_500_000 && $0.contains("\"path\":\"direct\"")
    }
    try await run.place.stop(SIGKILL)
    let before = receiver.lines.count
    // It goes on while there is no server.
    try await receiver.lines(count: before + 3)
    let latest = receiver.lines.last.flatMap { number("bytes", of: $0) } ?? 0
    #expect(latest > 1_500_000)
    try await run.place.restart()
    try await receiver.outcome().expectSuccess()
    try await sender.outcome().expectSuccess()
    #expect(run.isIdentical)
  }

  @Test func aReceiverIsKilledAndGoesOn() async throws {
    let run = try await TransferRun(["ann": .cone, "bob": .symmetric], megabytes: 6)
    let killed = try run.receive()
    let sender = try run.send("--rate", "12Mbit")
    try await killed.line { (number("bytes", of: $0) ?? 0) > 4_000_000 }
    killed.kill(SIGKILL)
    _ = try await killed.exitStatus()
    let receiver = try run.receive()
    let first = try await receiver.line { (number("bytes", of: $0) ?? 0) > 0 }
    #expect((number("bytes", of: first) ?? 0) >= 1 << 20, "\(first)")
    try await receiver.outcome().expectSuccess()
    try await sender.outcome().expectSuccess()
    #expect(run.isIdentical)
  }

  @Test func aSenderIsKilledAndGoesOn() async throws {
    let run = try await TransferRun(["ann": .symmetric, "bob": .cone], megabytes: 6)
    let receiver = try run.receive()
    let killed = try run.send("--rate", "12Mbit")
    try await receiver.line { (number("bytes", of: $0) ?? 0) > 4_000_000 }
    killed.kill(SIGKILL)
    _ = try await killed.exitStatus()
    // Another port of the translator, and a receiver that still speaks to the one before.
    let sender = try run.send("--rate", "12Mbit")
    let first = try await sender.line { (number("bytes", of: $0) ?? 0) > 0 }
    #expect((number("bytes", of: first) ?? 0) >= 1 << 20, "\(first)")
    try await sender.outcome().expectSuccess()
    try await receiver.outcome().expectSuccess()
    #expect(run.isIdentical)
  }
}

/// A file on its way from ann to bob.
private final class TransferRun: Sendable {
  let network: TestNetwork
  let place: Place
  private let source: String
  private let inbox: String

  init(
    _ translators: KeyValuePairs<String, TestNetwork.Translator>, megabytes: Int
  ) async throws {
    network = try TestNetwork(translators)
    place = try await Place(network: network)
    try await place.bring("ann", "bob")
    source = place.folder + "/talk.mp4"
    inbox = place.folder + "/inbox"
    try FileManager.default.createDirectory(atPath: inbox, withIntermediateDirectories: true)
    try writeRandom(megabytes: megabytes, to: source)
  }

  func receive() throws -> RunningProgram {
    try place.start("bob", ["file", "receive", "--into", inbox, "--yes", "--once", "--json"])
  }

  func send(_ options: String...) throws -> RunningProgram {
    try place.start("ann", ["file", "send", source, "@bob", "--json"] + options)
  }

  /// The way that the last byte came.
  func donePath(of receiver: RunningProgram) async throws -> String {
    let outcome = try await receiver.outcome().expectSuccess()
    let done = try #require(outcome.output.lines.last { $0.contains("\"event\":\"done\"") })
    return field("path", of: done)
  }

  var received: String? {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: inbox).first { !$0.hasPrefix(".") }
    }
  }

  var isIdentical: Bool {
    FileManager.default.contentsEqual(atPath: source, andPath: inbox + "/ann_talk.mp4")
  }
}
