import ArgumentParser
import ConfabClient
import ConfabNetwork
import ConfabWire
import Glibc
import Primitives

struct SignIn: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign-in", abstract: "Sign in on this device.",
    discussion: """
      Example:
        confab sign-in ann@meet.example.org

      A server without a certificate of an authority is known by its pin. The pin is remembered
      from the invitation; on another device give --pin, or compare what is shown.
      """)

  @Argument(help: "NAME@HOST or NAME@HOST:PORT.")
  var account: String

  @Option(parsing: .unconditional, help: "The server's pin, from its link.")
  var pin: String?

  @Flag(help: "Read the password from standard input.")
  var passwordStdin = false

  @OptionGroup var client: ClientOptions

  func run() async throws {
    let account = try AccountAddress(parsing: account)
    var pin = try self.pin.map { text in
      guard let pin = CertificatePin(text) else {
        throw UsageError("\"\(text)\" is not a pin: it has 43 letters and digits.")
      }
      return pin
    }
    let profile = try client.openProfile()
    if pin == nil {
      let known = try profile.server(at: account.server)
      pin = known?.pin.flatMap(CertificatePin.init)
      if known == nil { pin = try await askedPin(account.server) }
    }
    let password = try SecretInput.password(
      fromStandardInput: passwordStdin, prompt: "Password of \(account.name): ")
    try await SigningIn(profile: profile, address: account.server, pin: pin).run(
      .password(name: account.name, password: password))
  }

  /// Nil when an authority vouches for the server; otherwise the person decides.
  private func askedPin(_ server: HostPort) async throws -> CertificatePin? {
    let certificate = try await CertificateProbe.look(at: server)
    if certificate.isTrusted { return nil }
    guard isatty(STDIN_FILENO) == 1, !passwordStdin else {
      throw UsageError(
        "No authority vouches for \(server). Give --pin PIN, from the server's link.")
    }
    Output.writeError(
      """
      No authority vouches for \(server). Its pin is
        \(certificate.pin)
      Is that what the server's owner tells you? Type yes to go on:
      """)
    guard readLine() == "yes" else { throw UsageError("Nothing was done.") }
    return certificate.pin
  }
}

/// Opens a session and remembers it.
struct SigningIn {
  var profile: Profile
  var address: HostPort
  var pin: CertificatePin?

  func run(_ method: Credentials.Method) async throws {
    let device = try profile.device()
    let connection = try await Connection.open(
      to: .network(address, pin: pin),
      credentials: Credentials(method, device: device.publicKeys), device: device,
      client: Release.name)
    guard let signedIn = connection.signedIn else { throw connection.wrongAnswer }
    var server = KnownServer(
      address: address, pin: pin?.text, place: connection.welcome.place.hex,
      account: signedIn.name, token: Array(signedIn.token).base64URL)
    server.others = signedIn.others.map {
      KnownNode(address: $0.address, pin: $0.pin.isEmpty ? nil : $0.pin)
    }
    try profile.remember(server)
    await connection.close()
    Output.line("signed in as \(signedIn.name.escapedLine) at \(address)")
  }
}
