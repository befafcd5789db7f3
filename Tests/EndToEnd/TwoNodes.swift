import Foundation

/// One place on two nodes and one NATS server, all real processes on loopback.
// Proof: a test changes it from one task.
final class TwoNodes: @unchecked Sendable {
  let folder: String
  private let nats: RunningProgram
  private(set) var nodes: [RunningProgram] = []
  private(set) var addresses: [String] = []
  /// What people have running here; some of it would go on without the nodes.
  private var programs: [RunningProgram] = []

  init() async throws {
    folder = NSTemporaryDirectory() + "confab-nodes-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let ports = folder + "/ports"
    try FileManager.default.createDirectory(atPath: ports, withIntermediateDirectories: true)
    nats = try RunningProgram(
      program: Self.natsServer,
      [
        "--jetstream", "--store_dir", folder + "/nats", "--addr", "127.0.0.1", "--port=-1",
        "--ports_file_dir", ports,
      ], home: folder)
    let journal = try await Self.address(in: ports)
    for number in 0..<2 {
      let node = try RunningProgram(
        [
          "serve", "--data", data(number), "--listen", "127.0.0.1:0", "--journal", journal,
        ], home: folder + "/server")
      let line = try await node.line { $0.hasPrefix("listening ") }
      nodes.append(node)
      addresses.append(String(line.dropFirst("listening ".count)))
    }
  }

  deinit {
    for program in programs + nodes { program.kill(SIGKILL) }
    nats.kill(SIGKILL)
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func data(_ node: Int) -> String { "\(folder)/node\(node)" }
  func home(_ person: String) -> String { "\(folder)/home-\(person)" }

  /// What `Tools/setup test` has installed.
  private static var natsServer: URL {
    if let named = ProcessInfo.processInfo.environment["CONFAB_NATS_SERVER"] {
      return URL(fileURLWithPath: named)
    }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent(".build-nats/venv/bin/nats-server")
  }

  /// NATS writes down which port it got.
  private static func address(in folder: String) async throws -> String {
    let end = ContinuousClock.now + RunningProgram.patience
    while ContinuousClock.now < end {
      for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + file))
        let ports = try? JSONDecoder().decode([String: [String]].self, from: data)
        if let address = ports?["nats"]?.first { return address }
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw Unexpected("NATS told no port")
  }

  // MARK: People

  /// An account, signed in at this node and at no other.
  func bring(_ person: String, to node: Int, isOwner: Bool = false) async throws {
    try await RunningProgram(
      ["admin", "add-user", person, "--password-stdin", "--data", data(node)]
        + (isOwner ? ["--owner"] : []), home: folder, input: password
    ).outcome().expectSuccess()
    let link = try await RunningProgram(
      ["admin", "invite", "--data", data(node)], home: folder
    ).outcome().expectSuccess().output.firstLine
    // The node's pin stands in its links.
    let pin = link.split(separator: "pin=").last?.split(separator: "&").first ?? ""
    try await run(
      person,
      ["sign-in", "\(person)@\(addresses[node])", "--pin", String(pin), "--password-stdin"],
      input: password
    ).expectSuccess()
  }

  func run(
    _ person: String, _ arguments: [String], input: String = ""
  ) async throws -> Outcome {
    try await RunningProgram(arguments, home: home(person), input: input).outcome()
  }

  func start(
    _ person: String, _ arguments: [String], keepsInputOpen: Bool = false
  ) throws -> RunningProgram {
    let program = try RunningProgram(
      arguments, home: home(person), input: keepsInputOpen ? nil : "")
    programs.append(program)
    return program
  }

  func kill(_ node: Int) async throws {
    nodes[node].kill(SIGKILL)
    _ = try await nodes[node].exitStatus()
  }
}
