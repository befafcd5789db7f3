import ArgumentParser
import ConfabClient
import ConfabWire

extension Admin {
  struct Invitations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the invitations that still let somebody in, or take one back.",
      discussion: """
        The links themselves are not kept; an invitation goes by its number. Who came by it stays.

          confab admin invitations
          confab admin invitations --revoke 7
        """)

    @Option(help: "Take this invitation back.") var revoke: UInt64?
    @OptionGroup var output: JSONOption
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      let connection = try await admin.connect()
      if let revoke {
        var request = WireRevokeInvitation()
        request.id = revoke
        _ = try await connection.request(.revokeInvitation(request))
        return Output.line("taken back \(revoke)")
      }
      var table = Table()
      for invitation in try await connection.invitations() {
        if output.json {
          Output.line(invitation.json)
        } else {
          table.add(
            "\(invitation.id)", invitation.purpose, "\(invitation.usesLeft) left",
            invitation.expiresAt > 0 ? "until \(LocalTime.text(invitation.expiresAt))" : "",
            invitation.by.isEmpty ? "" : "by \(invitation.by)")
        }
      }
      table.print()
    }
  }
}

extension WireOpenInvitation {
  fileprivate var purpose: String {
    role == .owner ? "owner" : role == .guest ? "guests of \(label)" : "members"
  }

  fileprivate var json: JSONObject {
    var object = JSONObject(event: "invitation")
    object.add("id", id)
    object.add("role", role == .owner ? "owner" : role == .guest ? "guest" : "member")
    if !label.isEmpty { object.add("channel", label) }
    object.add("usesLeft", UInt64(usesLeft))
    if expiresAt > 0 { object.add("expires", expiresAt.rfc3339) }
    if !by.isEmpty { object.add("by", by) }
    return object
  }
}
