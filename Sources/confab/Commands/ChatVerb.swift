import ArgumentParser
import ConfabClient
import ConfabTerminal
import ConfabWire
import Foundation
import Primitives

struct Chat: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open the chat, full screen; confab alone does the same.",
    discussion: """
      Type, and Enter sends. /help lists commands and keys, /quit closes the chat; you stay signed in.
      A lost connection comes back by itself, and what you write meanwhile is sent then.

      Examples:
        confab chat '#plans'
        confab chat @bob
        echo 'the build is done' | confab chat --plain '#builds'

      The terminal's bell rings when somebody names you, or writes to you alone, in a conversation
      that is not on show: once, until you look. --no-bell or NO_BELL in the environment keeps it
      quiet.

      /send-file PATH @bob offers a file, /accept takes one that is offered, and you talk on while
      they go from device to device. What is interrupted goes on where it was.

      --plain prints one line for each message, and reads lines and the same commands from
      standard input. Pipes and terminals that cannot do more get it by themselves. At the end of
      its input it waits until the files that it sends and receives have arrived.
      """)

  @Flag(help: "Line by line, for pipes and screen readers.")
  var plain = false

  @Flag(name: .customLong("no-bell"), help: "Never ring the terminal's bell.")
  var isQuiet = false

  @Option(help: "Where files that you accept are saved.", completion: .directory)
  var into = "."

  @OptionGroup var client: ClientOptions

  @Argument(help: "'#room' or @name to begin with; otherwise the lobby.")
  var channel: ChannelArgument?

  /// Without a mark the word is a mistyped command: this one runs when none is named.
  func validate() throws {
    guard let channel, !channel.hasMark else { return }
    let word = channel.name.dropFirst()
    throw ValidationError(
      "There is no command \(word). confab --help lists them; a room is written '#\(word)'.")
  }

  func run() async throws {
    guard let folder = ChatFiles.folder(at: into) else {
      throw UsageError("\(into) is not a folder. Make it first, or name another with --into.")
    }
    let current = try client.currentServer()
    let outbox = try current.profile.outbox(of: current.server)
    // Tasks that are ending may hold on to it for longer than the program runs.
    defer { outbox.close() }
    let key = channel?.name ?? "#lobby"
    let isPlain =
      plain || isatty(STDIN_FILENO) != 1 || !Output.isTerminal || Output.terminalName == "dumb"
    let chat = ChatConnections(dialer: current.dialer, unsent: outbox.drafts)
    if isPlain {
      try await PlainChat.run(
        current, channel: key, outbox: outbox, into: folder, connect: chat.run)
    } else {
      let hasBell = !isQuiet && (getenv("NO_BELL").map { $0[0] == 0 } ?? true)
      try await ScreenChat.run(
        current, channel: key, outbox: outbox, into: folder, hasBell: hasBell, connect: chat.run)
    }
    if !outbox.drafts.isEmpty {
      Output.note("What is not sent yet waits; the next confab chat sends it.")
    }
  }
}

extension String {
  /// `#3`: the room with that number, whose name only the server knows.
  var isRoomNumber: Bool {
    hasPrefix("#") && count > 1 && dropFirst().allSatisfy(\.isNumber)
  }
}
