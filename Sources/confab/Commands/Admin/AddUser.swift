import ArgumentParser
import ConfabClient
import ConfabWire

extension Admin {
  struct AddUser: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add-user", abstract: "Make an account.",
      discussion: """
        The password is asked for, or read from standard input; it is never an argument, because \
        others on the machine can read those. With an invitation people choose their own: see \
        confab admin invite.

          confab admin add-user ann --owner --data ./confab-data
          pass show confab/ann | confab admin add-user ann --password-stdin
        """)

    @Argument(help: "1 to 32 letters, digits, '-', '_' or '.'.") var name: String
    @Flag(help: "An owner, who may administer the server.") var owner = false
    @Flag(help: "Read the password from standard input.") var passwordStdin = false
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      let connection = try await admin.connect()
      var add = WireAddAccount()
      add.name = name
      add.role = owner ? .owner : .member
      add.password = try SecretInput.newPassword(
        fromStandardInput: passwordStdin, prompt: "A password for \(name.escapedLine): ")
      _ = try await connection.request(.addAccount(add))
      Output.line("added \(name.escapedLine)\(owner ? ", an owner" : "")")
    }
  }
}
