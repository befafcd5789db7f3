import ArgumentParser
import ConfabClient
import ConfabWire
import Primitives

extension Admin {
  struct Invite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an invitation: a link for the terminal and the same for a browser.",
      discussion: """
        Whoever has the link can make an account, so send it as you would send a key. It holds the \
        server's pin: people who use it know that they talk to your server.

          confab admin invite --data ./confab-data             one person, seven days
          confab admin invite --uses 20 --expires 12h          a class, today

        The guest joins with: confab join 'LINK' --name NAME
        """)

    @Option(help: "How many accounts it makes.") var uses: UInt32 = 1
    @Option(help: "How long it is good: 30m, 12h, 7d. Without it, 7d.") var expires:
      DurationArgument?
    @Option(help: "For meetings, in a later release.") var guest: RoomArgument?
    @OptionGroup var output: JSONOption
    @OptionGroup var admin: AdminOptions

    func validate() throws {
      if uses < 1 { throw ValidationError("--uses is a number from 1.") }
    }

    func run() async throws {
      guard guest == nil else {
        throw UsageError(
          "Guests come with meetings, in a later release. Invite a member: leave --guest out.")
      }
      var create = WireCreateInvitation()
      create.uses = uses
      create.expiresInMs = UInt64(clamping: expires?.duration.milliseconds ?? 0)
      let connection = try await admin.connect()
      guard
        case .invitation(let invitation) = try await connection.request(.createInvitation(create))
      else { throw connection.wrongAnswer }
      guard output.json else {
        Output.line(invitation.link.escapedLine)
        Output.line(invitation.webLink.escapedLine)
        return Output.note(
          "Good until \(LocalTime.text(invitation.expiresAt)), for "
            + (uses == 1 ? "one account." : "\(uses) accounts."))
      }
      var object = JSONObject(event: "invitation")
      object.add("link", invitation.link)
      object.add("webLink", invitation.webLink)
      object.add("uses", UInt64(uses))
      if invitation.expiresAt > 0 { object.add("expires", invitation.expiresAt.rfc3339) }
      Output.line(object)
    }
  }
}
