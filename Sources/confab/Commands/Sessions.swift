import ArgumentParser
import ConfabClient
import ConfabWire

struct Sessions: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show where you are signed in, or end one of these sessions.")

  @Option(help: "End the session with this number.")
  var revoke: UInt64?

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func run() async throws {
    let connection = try await client.connect()
    if let revoke {
      var request = WireRevokeSession()
      request.session = revoke
      _ = try await connection.request(.revokeSession(request))
      return Output.line("session \(revoke) ended")
    }
    guard
      case .sessionList(let list) = try await connection.request(.listSessions(WireListSessions()))
    else { throw connection.wrongAnswer }
    list.sessions.print(json: output.json, withNames: false)
  }
}

extension [WireSession] {
  func print(json: Bool, withNames: Bool) {
    var table = Table()
    for session in self {
      if json {
        Output.line(session.json)
      } else {
        let mark = session.current ? "this one" : session.active ? "active" : ""
        table.add(
          "\(session.id)", withNames ? session.name : session.deviceName,
          withNames ? session.deviceName : session.address,
          withNames ? session.address : LocalTime.text(session.openedAt),
          withNames ? LocalTime.text(session.openedAt) : mark, withNames ? mark : "")
      }
    }
    table.print()
  }
}

extension WireSession {
  fileprivate var json: JSONObject {
    var object = JSONObject(event: "session")
    object.add("id", id)
    object.add("name", name)
    object.add("device", deviceName)
    object.add("address", address)
    object.add("since", openedAt.rfc3339)
    object.add("active", active)
    if current { object.add("current", true) }
    return object
  }
}
