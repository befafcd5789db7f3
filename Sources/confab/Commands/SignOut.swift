import ArgumentParser
import ConfabClient
import ConfabDomain
import ConfabWire

struct SignOut: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign-out", abstract: "End this device's session.")

  @OptionGroup var client: ClientOptions

  func run() async throws {
    let current = try client.currentServer()
    do {
      let connection = try await current.dialer.dial()
      do {
        _ = try await connection.request(.signOut(WireSignOut()))
      } catch is ConnectionError {
        // The server closes right after, and perhaps before its answer was read.
      }
    } catch let rejection as Rejection where rejection.code == .sessionUnknown {
      // Ended elsewhere already: what was wanted is so.
    }
    if let token = current.server.token {
      try current.profile.forgetToken(token, at: current.server.address)
    }
    Output.line("signed out of \(current.server.address)")
  }
}
