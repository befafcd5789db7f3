import ArgumentParser
import ConfabClient
import ConfabNetwork
import ConfabWire
import Primitives

struct Join: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make an account from an invitation, and sign in.",
    discussion: """
      Example:
        confab join 'confab://meet.example.org:4747/?pin=…&invite=…' --name ann

      The https:// form of the link works as well. Put the link into quotes: it holds an &.
      """)

  @Argument(help: "The link that you were given.")
  var link: String

  @Option(help: "How you want to be called: 1 to 32 letters, digits, '-', '_' or '.'.")
  var name: String

  @Flag(help: "Read the password from standard input.")
  var passwordStdin = false

  @OptionGroup var client: ClientOptions

  func run() async throws {
    guard let link = PlaceLink(link), link.address.port > 0 else {
      throw UsageError(
        "\"\(link)\" is not a whole invitation. It begins with confab:// or https://; copy it again."
      )
    }
    let profile = try client.openProfile()
    let password = try SecretInput.newPassword(
      fromStandardInput: passwordStdin, prompt: "A password for \(name): ")
    try await SigningIn(profile: profile, address: link.address, pin: link.pin).run(
      .invitation(secret: link.invitation ?? [], name: name, password: password))
  }
}
