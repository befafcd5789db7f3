import ArgumentParser
import ConfabClient
import ConfabWire

struct Who: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "See who is active, since when, and from where.")

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func run() async throws {
    let connection = try await client.connect()
    let me = connection.signedIn?.name
    let people = try await connection.activePeople()
    var table = Table()
    for person in people {
      if output.json {
        Output.line(person.json(event: "active", me: me))
      } else {
        table.add(
          person.name, "since \(LocalTime.text(person.since))", "from \(person.address)",
          person.name == me ? "(you)" : "")
      }
    }
    table.print()
    if people.isEmpty { Output.note("Nobody is active.") }
  }
}
