import ArgumentParser
import ConfabClient
import ConfabWire
import Primitives

extension Admin {
  struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the accounts: role, whether active, locked or disabled.",
      discussion: """
          confab admin users --data ./confab-data
          confab admin users --json | jq -r 'select(.disabled) | .name'
        """)

    @OptionGroup var output: JSONOption
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      var table = Table()
      for account in try await admin.connect().accounts() {
        if output.json {
          Output.line(account.json)
        } else {
          table.add(
            account.name, account.roleName, account.stateName,
            "since \(LocalTime.text(account.createdAt))")
        }
      }
      table.print()
    }
  }
}

extension WireAccount {
  fileprivate var roleName: String {
    role == .owner ? "owner" : role == .guest ? "guest" : "member"
  }

  private var isLocked: Bool { lockedUntil > LocalTime.now.millisecondsSinceEpoch }

  fileprivate var stateName: String {
    if disabled { return "disabled" }
    if isLocked { return "locked until \(LocalTime.text(lockedUntil))" }
    return active ? "active" : ""
  }

  fileprivate var json: JSONObject {
    var object = JSONObject(event: "user")
    object.add("name", name)
    object.add("role", roleName)
    object.add("active", active)
    object.add("disabled", disabled)
    if isLocked { object.add("lockedUntil", lockedUntil.rfc3339) }
    object.add("created", createdAt.rfc3339)
    return object
  }
}
