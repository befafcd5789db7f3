import ConfabClient
import ConfabNetwork
import ConfabWire
import Foundation
import SwiftProtobuf

/// The server under load: one that runs already, or one of our own with a throw-away folder.
struct BenchServer {
  let data: String
  let address: HostPort
  let pid: Int32?
  private let process: Process?

  /// Starts this very program as a server on a free port of this machine.
  ///
  /// - Parameters:
  ///   - data: of a server that was stopped; nil makes a folder.
  ///   - journal: of the place; nil for one in the folder.
  ///   - number: of several servers of the place.
  ///   - processor: the only one that it may use.
  static func launch(
    data: String? = nil, journal: String? = nil, number: Int = 0, processor: Int? = nil
  ) async throws -> BenchServer {
    let data =
      data ?? FileManager.default.temporaryDirectory.path + "/confab-bench-\(getpid())-\(number)"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let process = Process()
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let serving =
      ["serve", "--data", data, "--listen", "127.0.0.1:0"]
      + (journal.map { ["--journal", $0] } ?? [])
    if let processor {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
      process.arguments = ["-c", "\(processor)", program.path] + serving
    } else {
      process.executableURL = program
      process.arguments = serving
    }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var printed = ""
    while true {
      let bytes = try nextOutput(of: output.fileHandleForReading.fileDescriptor)
      guard !bytes.isEmpty else {
        throw ChatLoadError(description: "the server did not start; try 'confab serve' by hand")
      }
      printed += String(decoding: bytes, as: UTF8.self)
      if let address = address(in: printed) {
        return BenchServer(
          data: data, address: address, pid: process.processIdentifier, process: process)
      }
    }
  }

  /// What was printed, as soon as there is something; nothing at the end. `FileHandle.availableData` ends
  /// the process when a signal interrupts it.
  private static func nextOutput(of descriptor: Int32) throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count >= 0 { return Array(buffer[..<count]) }
      guard errno == EINTR else { throw SystemError(latest: "hear from the server") }
    }
  }

  /// One that serves from `data` already.
  static func running(data: String, address: HostPort, pid: Int32?) -> BenchServer {
    BenchServer(data: data, address: address, pid: pid, process: nil)
  }

  private static func address(in printed: String) -> HostPort? {
    for line in printed.split(separator: "\n") where line.hasPrefix("listening ") {
      return HostPort(String(line.dropFirst("listening ".count)))
    }
    return nil
  }

  /// Ends the server when it is ours, and removes its folder.
  func end() {
    guard process != nil else { return }
    stop()
    try? FileManager.default.removeItem(atPath: data)
  }

  /// Ends the server when it is ours, and leaves its folder.
  func stop() {
    process?.terminate()
    process?.waitUntilExit()
  }

  /// By which clients know it.
  func pin() async throws -> CertificatePin? { try await invite(uses: 1).pin }

  private func invite(uses: Int) async throws -> PlaceLink {
    let console = try await Dialer(
      to: .operatorSocket(path: data + "/admin.sock"), credentials: nil, device: nil,
      client: "confab bench"
    ).dial()
    let answer = try await console.request(
      .createInvitation(.with { $0.uses = UInt32(uses) }))
    await console.close()
    guard case .invitation(let invitation) = answer, let link = PlaceLink(invitation.link)
    else { throw ChatLoadError(description: "the server gave no invitation") }
    return link
  }

  /// Opens a session for each of `count` new accounts, through the operator's socket.
  func sessions(count: Int) async throws -> BenchSessions {
    let link = try await invite(uses: count)
    guard let secret = link.invitation else {
      throw ChatLoadError(description: "the server gave no invitation")
    }
    var tokens: [[UInt8]] = []
    for index in 0..<count {
      let method = Credentials.Method.invitation(
        secret: secret, name: "bench-\(getpid())-\(index)", password: UUID().uuidString)
      let connection = try await Dialer(
        to: .network(address, pin: link.pin), credentials: Credentials(method, device: nil),
        device: nil, client: "confab bench"
      ).dial()
      tokens.append(Array(connection.signedIn?.token ?? Data()))
      await connection.close()
    }
    return BenchSessions(tokens: tokens, pin: link.pin)
  }
}

/// What clients of the load sign in with, and the key by which they know the server.
struct BenchSessions: Sendable {
  var tokens: [[UInt8]]
  var pin: CertificatePin?
}
