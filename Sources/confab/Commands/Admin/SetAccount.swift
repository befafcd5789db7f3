import ArgumentParser
import ConfabClient
import ConfabWire

extension Admin {
  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Keep somebody out; their sessions end at once.",
      discussion: "What they wrote stays. To let them in again: confab admin enable NAME.")

    @Argument(help: "NAME, with or without @.") var name: PersonArgument
    @OptionGroup var admin: AdminOptions

    func run() async throws { try await admin.set(name, .disable, "disabled") }
  }

  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let somebody in again who was disabled.")

    @Argument(help: "NAME, with or without @.") var name: PersonArgument
    @OptionGroup var admin: AdminOptions

    func run() async throws { try await admin.set(name, .enable, "enabled") }
  }

  struct Unlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "End the lockout that follows too many wrong passwords.")

    @Argument(help: "NAME, with or without @.") var name: PersonArgument
    @OptionGroup var admin: AdminOptions

    func run() async throws { try await admin.set(name, .unlock, "unlocked") }
  }

  struct SetRole: AsyncParsableCommand {
    enum Role: String, ExpressibleByArgument, CaseIterable {
      case owner, member
    }

    static let configuration = CommandConfiguration(
      commandName: "role", abstract: "Make somebody an owner, or a member again.",
      discussion: """
        Owners run the place: they do everything that confab admin does, over the network as well. \
        There may be several, and there is always one.

          confab admin role bob owner
        """)

    @Argument(help: "NAME, with or without @.") var name: PersonArgument
    @Argument(help: "owner or member.") var role: Role
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      let isOwner = role == .owner
      try await admin.set(
        name, isOwner ? .makeOwner : .makeMember, isOwner ? "now an owner:" : "now a member:")
    }
  }

  struct EndSessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "sign-out", abstract: "End all sessions of somebody, on every device.",
      discussion: """
        For a lost laptop. The password stays good: use confab admin reset-password as well when \
        somebody else may know it.
        """)

    @Argument(help: "NAME, with or without @.") var name: PersonArgument
    @OptionGroup var admin: AdminOptions

    func run() async throws { try await admin.set(name, .signOut, "signed out") }
  }
}

extension AdminOptions {
  fileprivate func set(
    _ person: PersonArgument, _ action: WireAccountAction, _ done: String
  ) async throws {
    var set = WireSetAccount()
    set.name = person.name
    set.action = action
    _ = try await connect().request(.setAccount(set))
    Output.line("\(done) \(person.name.escapedLine)")
  }
}
