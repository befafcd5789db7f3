import ArgumentParser
import ConfabNetwork

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the way to a server, and say what to mend.")

  @Argument(help: "HOST[:PORT]; without it, the server you are signed in to.")
  var server: ServerArgument?

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func run() async throws {
    throw UsageError("not yet")
  }
}
