import ArgumentParser
import ConfabClient
import ConfabWire

struct Search: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find messages by their words.",
    discussion: """
      Examples:
        confab search coffee machine
        confab search deadline --in '#plans' --json
      """)

  @Argument(help: "All of them must stand in the message.")
  var words: [String]

  @Option(name: .customLong("in"), help: "Only in this room, or with this person.")
  var channel: ChannelArgument?

  @Option(help: "At most so many messages.")
  var limit: Int?

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit is a number from 1.") }
  }

  func run() async throws {
    let connection = try await client.connect()
    var request = WireSearch()
    request.words = words.joined(separator: " ")
    if let channel { request.channel = channel.reference }
    request.limit = UInt32(clamping: limit ?? 0)
    guard case .searchHitList(let list) = try await connection.request(.search(request)) else {
      throw connection.wrongAnswer
    }
    for hit in list.hits {
      if output.json {
        var object = hit.message.json(channel: hit.label)
        object.add("snippet", hit.pieces.map(\.text).joined())
        Output.line(object)
      } else {
        let text = hit.pieces.map {
          $0.isMatch ? Output.strong($0.text.escapedLine) : $0.text.escapedLine
        }
        Output.line(
          "\(hit.label.escapedLine) \(hit.message.sequence)  \(LocalTime.text(hit.message.at))  "
            + "\(hit.message.from.escapedLine): \(text.joined())")
      }
    }
    if list.hits.isEmpty { Output.note("Nothing found.") }
  }
}

extension WireSearchHit {
  private static let matchStart: Character = "\u{E000}"
  private static let matchEnd: Character = "\u{E001}"

  /// The text around the match, and what of it matched.
  var pieces: [(text: String, isMatch: Bool)] {
    var pieces: [(text: String, isMatch: Bool)] = []
    var text = ""
    var isMatch = false
    for character in snippet {
      if character == Self.matchStart || character == Self.matchEnd {
        if !text.isEmpty { pieces.append((text, isMatch)) }
        text = ""
        isMatch = character == Self.matchStart
      } else {
        text.append(character)
      }
    }
    return text.isEmpty ? pieces : pieces + [(text, isMatch)]
  }
}
