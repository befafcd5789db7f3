import ArgumentParser

extension Admin {
  struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Move to another journal (this release has only one).")

    @Option(help: "sqlite") var from: String
    @Option(help: "nats://HOST:PORT, in a later release") var to: String
    @OptionGroup var admin: AdminOptions

    func run() throws {
      throw UsageError(
        "This release keeps its journal in SQLite only, so there is nothing to migrate to. "
          + "To move a server to another machine use confab admin backup and restore.")
    }
  }
}
