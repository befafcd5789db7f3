import ArgumentParser
import ConfabClient
import ConfabWire

struct Unread: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "See where something is new.")

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func run() async throws {
    let channels = try await client.connect().channels(notJoined: false).filter { $0.unread > 0 }
    for channel in channels {
      if output.json {
        var object = JSONObject(event: "unread")
        object.add("channel", channel.label)
        object.add("unread", channel.unread)
        object.add("mentions", channel.mentions)
        object.add("readThrough", channel.readThrough)
        object.add("sequence", channel.sequence)
        Output.line(object)
      } else {
        let mentions = channel.mentions > 0 ? " (\(channel.mentions) with your name)" : ""
        Output.line("\(channel.label.escapedLine) \(channel.unread)\(mentions)")
      }
    }
    if channels.isEmpty { Output.note("Nothing is unread.") }
  }
}
