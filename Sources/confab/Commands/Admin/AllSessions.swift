import ArgumentParser
import ConfabClient

extension Admin {
  struct AllSessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "sessions", abstract: "List all open sessions: who, on what device, from where.",
      discussion: "To end those of a person: confab admin sign-out NAME.")

    @OptionGroup var output: JSONOption
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      try await admin.connect().allSessions().print(json: output.json, withNames: true)
    }
  }
}
