import ArgumentParser
import ConfabClient
import Foundation
import Glibc

/// By which way an administrator reaches the server.
struct AdminOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The server's data folder on this machine (environment CONFAB_DATA).", valueName: "dir"))
  var data: String?

  @OptionGroup var client: ClientOptions

  func validate() throws {
    if data != nil, client.server != nil {
      throw ValidationError(
        "--data is for a server on this machine and --server for one in the network: give one.")
    }
  }

  /// Nil: over the network. Who names a server means that one, whatever the environment says.
  var dataFolder: String? {
    if let data { return data }
    guard client.server == nil,
      let folder = ProcessInfo.processInfo.environment["CONFAB_DATA"], !folder.isEmpty
    else { return nil }
    return folder
  }

  /// Through the socket in the data folder, or over the network as the person who is signed in.
  func dialer() throws -> AdminDialer {
    guard let folder = dataFolder else {
      return AdminDialer(dialer: try client.currentServer().dialer, folder: nil)
    }
    Interrupts.install()
    let socket = Destination.operatorSocket(path: "\(folder)/admin.sock")
    return AdminDialer(
      dialer: Dialer(to: socket, credentials: nil, device: nil, client: Release.name),
      folder: folder)
  }

  func connect() async throws -> Connection {
    try await dialer().dial()
  }
}

struct AdminDialer: Sendable {
  var dialer: Dialer
  /// Set when it goes through the socket in this folder.
  var folder: String?

  func dial() async throws -> Connection {
    do {
      return try await dialer.dial()
    } catch ConnectionError.unreachable(let reason) {
      throw ConnectionError.unreachable(folder.flatMap(Self.explanation) ?? reason)
    }
  }

  /// Why nobody answers in this folder, as far as the folder shows it.
  private static func explanation(_ folder: String) -> String? {
    guard access(folder, F_OK) == 0 else {
      return "There is no folder \(folder). Name the data folder of a server with --data."
    }
    guard access(folder, X_OK) == 0 else {
      return "\(folder) may be opened by its owner only. Run this as the user that the server has."
    }
    let socket = "\(folder)/admin.sock"
    guard access(socket, F_OK) != 0 || access(socket, R_OK | W_OK) == 0 else {
      return "\(socket) may be used by its owner only. Run this as the user that the server has."
    }
    return "No server runs on \(folder). Start it with: confab serve --data \(folder)"
  }
}
