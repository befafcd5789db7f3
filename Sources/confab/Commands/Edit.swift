import ArgumentParser
import ConfabClient
import ConfabWire

struct Edit: AsyncParsableCommand, TakesText {
  static let argumentsBeforeText = 2

  static let configuration = CommandConfiguration(
    abstract: "Change a message of yours.",
    discussion: """
      Example:
        confab edit '#plans' 12 see you at nine
      """)

  @OptionGroup var client: ClientOptions

  @Argument(help: "'#room' or @name.")
  var channel: ChannelArgument

  @Argument(help: "The message's number.")
  var number: UInt64

  @Argument(help: "The new text.")
  var text: [String] = []

  func run() async throws {
    guard !text.isEmpty else { throw UsageError("The new text is missing.") }
    var edit = WireEdit()
    edit.channel = channel.reference
    edit.sequence = number
    edit.text = text.joined(separator: " ")
    _ = try await client.connect().request(.edit(edit))
  }
}

struct Delete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Delete a message of yours. Its number stays.",
    discussion: """
      The owner of a room, and an owner of the server who is in it, may delete what others wrote.

      Example:
        confab delete '#plans' 12
      """)

  @Argument(help: "'#room' or @name.")
  var channel: ChannelArgument

  @Argument(help: "The message's number.")
  var number: UInt64

  @OptionGroup var client: ClientOptions

  func run() async throws {
    var delete = WireDelete()
    delete.channel = channel.reference
    delete.sequence = number
    _ = try await client.connect().request(.delete(delete))
  }
}

struct React: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put an emoji on a message, or take it back.",
    discussion: """
      Example:
        confab react '#plans' 12 👍
      """)

  @Argument(help: "'#room' or @name.")
  var channel: ChannelArgument

  @Argument(help: "The message's number.")
  var number: UInt64

  @Argument(help: "One emoji.")
  var emoji: String

  @Flag(help: "Take your emoji back.")
  var remove = false

  @OptionGroup var client: ClientOptions

  func run() async throws {
    var react = WireReact()
    react.channel = channel.reference
    react.sequence = number
    react.emoji = emoji
    react.remove = remove
    _ = try await client.connect().request(.react(react))
  }
}
