import ArgumentParser
import ConfabClient
import ConfabWire

struct Password: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change your password. Your other sessions end.")

  @Flag(help: "Read two lines from standard input: the old password and the new one.")
  var passwordStdin = false

  @OptionGroup var client: ClientOptions

  func run() async throws {
    let current = try client.currentServer()
    var change = WireChangePassword()
    change.oldPassword = try SecretInput.password(
      fromStandardInput: passwordStdin, prompt: "The password until now: ")
    change.newPassword = try SecretInput.newPassword(
      fromStandardInput: passwordStdin, prompt: "The new password: ")
    _ = try await current.dialer.dial().request(.changePassword(change))
    Output.line("password changed")
  }
}
