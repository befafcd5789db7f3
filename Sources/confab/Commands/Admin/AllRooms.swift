import ArgumentParser
import ConfabClient
import ConfabWire

extension Admin {
  struct AllRooms: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rooms", abstract: "List all rooms, private and closed ones included.",
      discussion: """
        Names, owners and counts only. What was said in private reaches an administrator only \
        through confab admin export, which stands in the audit log.
        """)

    @OptionGroup var output: JSONOption
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      var table = Table()
      for room in try await admin.connect().allRooms() {
        if output.json {
          Output.line(room.adminJSON)
        } else {
          table.add(
            room.label, room.number > 0 ? "room \(room.number)" : "",
            room.closed ? "closed" : room.kindName,
            room.kind == .lobby ? "" : UInt64(room.members).counted("member"),
            room.sequence.counted("message"),
            room.owner.isEmpty ? "" : "of \(room.owner)")
        }
      }
      table.print()
    }
  }
}

extension WireChannelInfo {
  /// Without what depends on the reader: an administrator reads nobody's place in a room.
  fileprivate var adminJSON: JSONObject {
    var object = JSONObject(event: "room")
    object.add("channel", label)
    object.add("kind", kindName)
    if number > 0 { object.add("number", number) }
    if !owner.isEmpty { object.add("owner", owner) }
    object.add("members", UInt64(members))
    object.add("messages", sequence)
    object.add("closed", closed)
    object.add("at", at.rfc3339)
    return object
  }
}
