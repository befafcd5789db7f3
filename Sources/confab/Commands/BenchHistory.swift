import ArgumentParser
import Foundation

struct BenchHistory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "A room with a long history: reading its end, and searching it.",
    discussion: """
      Writes a throw-away history of sentences of made-up words through the journal, starts a server on \
      it, and asks as a client does.

        confab bench history --messages 1000000
      """)

  @Option(help: "Messages in the room.") var messages = 1_000_000
  @Option(help: "How often to ask for each thing.") var repeats = 100
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard messages > 0, repeats > 0 else { throw ValidationError("Counts must be positive.") }
  }

  func run() async throws {
    let report = try await HistoryLoad(messages: messages, repeats: repeats).run()
    try report.write(asJSON: json)
  }
}
