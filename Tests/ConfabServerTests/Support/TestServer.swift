import ConfabHub
import ConfabJournal
import ConfabNetwork
import ConfabServer
import Foundation
import Logging

/// A server of its own for one test: a free port, a folder that goes away with it.
final class TestServer {
  let folder: String
  let running: RunningServer
  let server: Server

  var port: Int { running.addresses.listening.port }
  var ownerInvitation: [UInt8]? { running.addresses.ownerLink?.invitation }

  private init(folder: String, server: Server, running: RunningServer) {
    self.folder = folder
    self.server = server
    self.running = running
  }

  /// Starts one, hands it to the body, and stops it.
  static func with(
    folder: String? = nil, journal: (any Journal)? = nil,
    configure: (inout ServerOptions) -> Void = { _ in },
    _ body: (TestServer) async throws -> Void
  ) async throws {
    let path = folder ?? temporaryFolder()
    let server = try make(folder: path, journal: journal, configure: configure)
    let started = TestServer(folder: path, server: server, running: try await server.start())
    do {
      try await body(started)
    } catch {
      try? await started.running.stop()
      throw error
    }
    try await started.running.stop()
    if folder == nil { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Anybody may make an account.
  static func withOpenRegistration(
    journal: (any Journal)? = nil, _ body: (TestServer) async throws -> Void
  ) async throws {
    try await with(journal: journal, configure: { $0.hub.registration = .open }, body)
  }

  static func make(
    folder: String, journal: (any Journal)? = nil,
    configure: (inout ServerOptions) -> Void = { _ in }
  ) throws -> Server {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var options = ServerOptions(dataFolder: folder, logger: logger)
    options.listen = HostPort(host: "127.0.0.1", port: 0)
    // A build for debugging takes seconds for what a release does in a tenth.
    options.passwordCost = 1 << 4
    configure(&options)
    return try Server(options: options) {
      try journal ?? SQLiteJournal(folder: $0, salts: SystemRandomNumberGenerator())
    }
  }

  static func temporaryFolder() -> String {
    NSTemporaryDirectory() + "confab-" + UUID().uuidString
  }
}
