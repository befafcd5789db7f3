import Foundation

/// A real server, on loopback or in a network of its own, with a folder of its own, and people with
/// profiles of their own.
// Proof: every stored property but the server is constant, and a test restarts it from one task.
final class Place: @unchecked Sendable {
  let folder: String
  private(set) var server: RunningProgram
  private(set) var address: String
  private(set) var ownerLink: String?
  private let options: [String]
  private let network: TestNetwork?

  /// - Parameter network: has a leaf for each person.
  init(_ options: [String] = [], network: TestNetwork? = nil) async throws {
    folder = NSTemporaryDirectory() + "confab-e2e-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    self.options = options
    self.network = network
    let listen = network == nil ? "127.0.0.1:0" : TestNetwork.serverAddress + ":0"
    (server, address, ownerLink) = try await Self.start(folder, listen, options, network)
  }

  deinit {
    server.kill(SIGKILL)
    try? FileManager.default.removeItem(atPath: folder)
  }

  var data: String { folder + "/data" }

  private static func start(
    _ folder: String, _ listen: String, _ options: [String], _ network: TestNetwork?
  ) async throws -> (RunningProgram, String, String?) {
    let server = try RunningProgram(
      ["serve", "--data", folder + "/data", "--listen", listen] + options, home: folder + "/server",
      in: network?.server)
    let line = try await server.line { $0.hasPrefix("listening ") }
    var link: String?
    for line in server.lines where line.hasPrefix("owner link: confab://") {
      link = String(line.dropFirst("owner link: ".count))
    }
    // The links come after the line that it listens; there are none once there is an owner.
    if link == nil, !FileManager.default.fileExists(atPath: folder + "/has-owner") {
      let line = try await server.line { $0.hasPrefix("owner link: confab://") }
      link = String(line.dropFirst("owner link: ".count))
    }
    return (server, String(line.dropFirst("listening ".count)), link)
  }

  func noteOwner() {
    _ = FileManager.default.createFile(atPath: folder + "/has-owner", contents: nil)
  }

  /// Starts it again at the same address.
  func restart() async throws {
    (server, _, _) = try await Self.start(folder, address, options, network)
  }

  func stop(_ signal: CInt) async throws {
    server.kill(signal)
    _ = try await server.exitStatus()
  }

  // MARK: Files

  func makeFolder(_ name: String) throws -> String {
    let path = folder + "/" + name
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// Of bytes that nothing compresses.
  func makeFile(_ name: String, megabytes: Int) throws -> String {
    let path = folder + "/" + name
    try writeRandom(megabytes: megabytes, to: path)
    return path
  }

  // MARK: People

  func home(_ person: String) -> String { "\(folder)/home-\(person)" }

  func run(
    _ person: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]
  ) async throws -> Outcome {
    let program = try RunningProgram(
      arguments, home: home(person), input: input, environment: environment,
      in: network?.space(of: person))
    return try await program.outcome()
  }

  /// Starts a verb that goes on until it is ended.
  func start(_ person: String, _ arguments: [String], keepsInputOpen: Bool = false) throws
    -> RunningProgram
  {
    try RunningProgram(
      arguments, home: home(person), input: keepsInputOpen ? nil : "",
      in: network?.space(of: person))
  }

  func admin(_ arguments: [String], input: String = "") async throws -> Outcome {
    try await run("operator", ["admin"] + arguments + ["--data", data], input: input)
  }

  /// The first is the owner; the others are made by the operator and sign in.
  func bring(_ people: String...) async throws {
    for person in people {
      let isFirst = !FileManager.default.fileExists(atPath: folder + "/has-owner")
      if isFirst, let ownerLink {
        try await run(
          person, ["join", ownerLink, "--name", person, "--password-stdin"], input: password
        ).expectSuccess()
        noteOwner()
      } else {
        let link = try await admin(["invite"]).expectSuccess().output.firstLine
        try await run(
          person, ["join", link, "--name", person, "--password-stdin"], input: password
        ).expectSuccess()
      }
    }
  }
}

let password = "correct horse battery\n"

extension String {
  var firstLine: String { split(separator: "\n").first.map(String.init) ?? "" }
  var lines: [String] { split(separator: "\n").map(String.init) }
}

struct Outcome: Sendable {
  var status: Int32
  var output: String
  var errors: String

  @discardableResult
  func expectSuccess() throws -> Outcome {
    guard status == 0 else { throw Unexpected("status \(status): \(output)\(errors)") }
    return self
  }
}

struct Unexpected: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
