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
      from the invitation; on another device give --pin, or compare what is shown. Where the server
      has got a certificate of an authority since, --pin none forgets the pin.
      """)

  @Argument(help: "NAME@HOST or NAME@HOST:PORT.")
  var account: String

  @Option(
    parsing: .unconditional,
    help: "The server's pin, from its link; none where an authority vouches for it.")
  var pin: String?

  @Flag(help: "Read the password from standard input.")
  var passwordStdin = false

  @OptionGroup var client: ClientOptions

  func run() async throws {
    let account = try AccountAddress(parsing: account)
    let profile = try client.openProfile()
    let pin = try await chosenPin(of: account.server, in: profile)
    let password = try SecretInput.password(
      fromStandardInput: passwordStdin, prompt: "Password of \(account.name): ")
    try await SigningIn(profile: profile, address: account.server, pin: pin).run(
      .password(name: account.name, password: password))
  }

  private func chosenPin(
    of server: HostPort, in profile: Profile
  ) async throws -> CertificatePin? {
    switch pin {
    case "none": return nil
    case let text?:
      guard let pin = CertificatePin(text) else {
        throw UsageError("\"\(text)\" is not a pin: it has 43 letters and digits.")
      }
      return pin
    case nil:
      guard let known = try profile.server(at: server) else { return try await askedPin(server) }
      return known.pin.flatMap(CertificatePin.init)
    }
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
