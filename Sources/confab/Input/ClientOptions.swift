import ArgumentParser
import ConfabClient
import ConfabNetwork
import ConfabWire
import Foundation
import Primitives

/// Which profile and which server a command is about.
struct ClientOptions: ParsableArguments {
  @Option(help: "Another set of servers, keys and sessions.")
  var profile: String?

  @Option(help: "HOST[:PORT] of the server, when you are signed in to several.")
  var server: ServerArgument?

  func openProfile() throws -> Profile {
    Interrupts.install()
    return try Profile(named: profile, environment: ProcessInfo.processInfo.environment)
  }

  func currentServer() throws -> CurrentServer {
    let profile = try openProfile()
    guard let server = try profile.server(at: server?.address) else {
      let what = self.server.map { " to \($0.address)" } ?? ""
      throw UsageError(
        "You are not signed in\(what). Use confab join LINK --name NAME, or confab sign-in NAME@HOST."
      )
    }
    guard let token = server.token.flatMap({ [UInt8](base64URL: $0) }) else {
      throw UsageError(
        "You have signed out of \(server.address). "
          + "Use confab sign-in \(server.account)@\(server.address).")
    }
    let device = try profile.device()
    return CurrentServer(
      profile: profile, server: server,
      dialer: Dialer(
        to: .network(server.address, pin: server.pin.flatMap(CertificatePin.init)),
        credentials: Credentials(.token(token), device: device.publicKeys), device: device,
        client: Release.name,
        others: OtherServers(server.others ?? []) { others in
          // Remembering it is for the next time; this time it is known.
          try? profile.note(others, of: server.address)
        }))
  }

  /// Connects as the person who is signed in, for one or a few requests.
  func connect() async throws -> Connection {
    try await currentServer().dialer.dial()
  }
}

struct CurrentServer {
  var profile: Profile
  var server: KnownServer
  var dialer: Dialer
}

struct JSONOption: ParsableArguments {
  @Flag(help: "One JSON object a line.")
  var json = false
}
