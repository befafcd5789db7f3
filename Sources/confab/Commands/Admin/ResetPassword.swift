import ArgumentParser
import ConfabClient
import ConfabWire

extension Admin {
  struct ResetPassword: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reset-password", abstract: "Give somebody a new password; their sessions end.",
      discussion: """
        The password is asked for, or read from standard input.

          confab admin reset-password bob
          openssl rand -hex 8 | tee /dev/tty | confab admin reset-password bob --password-stdin
        """)

    @Argument(help: "NAME, with or without @.") var name: PersonArgument
    @Flag(help: "Read the password from standard input.") var passwordStdin = false
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      let connection = try await admin.connect()
      var reset = WireResetPassword()
      reset.name = name.name
      reset.password = try SecretInput.newPassword(
        fromStandardInput: passwordStdin, prompt: "A new password for \(name.name.escapedLine): ")
      _ = try await connection.request(.resetPassword(reset))
      Output.line("password of \(name.name.escapedLine) reset")
    }
  }
}
