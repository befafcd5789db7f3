import ArgumentParser
import ConfabClient
import Glibc

@main
struct Confab: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confab",
    abstract: "A place of your own to meet: messages, rooms, and people.",
    discussion: """
      One program is server and client. Without a command it opens the full-screen chat.

      Begin with the link that you were given:
        confab join 'confab://HOST:4747/?pin=…&invite=…' --name ann
        confab chat

      Or start a server of your own, and follow what it prints:
        confab serve

      Talk from scripts:
        confab broadcast Good morning
        make 2>&1 | confab send '#builds' -
        confab read '#lobby' --since 0 --follow --json

      Exit status: 0 done, 2 usage, 3 refused by the server, 4 cannot reach it,
      5 a transfer did not complete, 130 interrupted.
      CONFAB_HOME (default ~/.config/confab) keeps servers, sessions and keys.
      """,
    version: Release.name,
    groupedSubcommands: [
      CommandGroup(
        name: "Coming and going",
        subcommands: [Join.self, SignIn.self, SignOut.self, Password.self, Sessions.self]),
      CommandGroup(
        name: "Talking",
        subcommands: [
          Chat.self, Broadcast.self, Send.self, Read.self, Watch.self, Search.self, Unread.self,
          Edit.self, Delete.self, React.self,
        ]),
      CommandGroup(name: "Rooms and people", subcommands: [Room.self, Who.self, Verify.self]),
      CommandGroup(name: "Meetings", subcommands: [Meet.self]),
      CommandGroup(name: "Files", subcommands: [File.self]),
      CommandGroup(
        name: "A server of your own",
        subcommands: [Serve.self, Admin.self, Doctor.self, BenchVerb.self]),
    ],
    defaultSubcommand: Chat.self)

  static func main() async {
    do {
      var command = try parseAsRoot(
        ArgumentOrder.ofConfab.arranged(Array(CommandLine.arguments.dropFirst())))
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      end(with: error)
    }
  }

  /// Tells what went wrong, on one line where it fits, and ends with the status that says so.
  private static func end(with error: any Error) -> Never {
    // A command that has said everything itself.
    if let code = error as? ExitCode { Glibc.exit(code.rawValue) }
    let failure = Failure(error)
    if let words = failure.words { Output.failure(words) }
    if failure.isParsing {
      if exitCode(for: error) == .success {
        // Not an error: help, the version, or a script for completion was asked for.
        let text = fullMessage(for: error)
        Output.write(text.isEmpty ? "" : text + "\n")
        Glibc.exit(0)
      }
      let trouble = ParsingTrouble(message: message(for: error), full: fullMessage(for: error))
      Output.failure(trouble.line)
      Output.note(trouble.usage)
    }
    Glibc.exit(failure.status.rawValue)
  }
}

enum Release {
  static let version = "0.1.0"
  static let name = "confab \(version)"
}
