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

        With --guest it is a link for a room's meeting: people open it in a browser and come under a \
        name of their choice, without an account, until the meeting ends.

          confab admin invite --guest '#plans' --uses 5
        """)

    @Option(help: "How many may come: 1 without it, and 100 guests.") var uses: UInt32?
    @Option(help: "How long it is good: 30m, 12h, 7d. Without it, 7d, and for guests 1d.")
    var expires: DurationArgument?
    @Option(help: "Invite to this room's meeting, without an account.") var guest: RoomArgument?
    @OptionGroup var output: JSONOption
    @OptionGroup var admin: AdminOptions

    func validate() throws {
      if uses == 0 { throw ValidationError("--uses is a number from 1.") }
    }

    func run() async throws {
      if let guest { return try await inviteGuests(to: guest) }
      let uses = uses ?? 1
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

    private func inviteGuests(to room: RoomArgument) async throws {
      let connection = try await admin.connect()
      let link = try await connection.guestLink(
        to: room.reference, uses: uses ?? 0,
        expiresInMs: UInt64(clamping: expires?.duration.milliseconds ?? 0))
      guard output.json else {
        Output.line(link.webLink.escapedLine)
        return Output.note(
          "Good until the meeting in \(room.name) ends, and at most until "
            + "\(LocalTime.text(link.expiresAt)).")
      }
      var object = JSONObject(event: "guest-link")
      object.add("channel", room.name)
      object.add("webLink", link.webLink)
      object.add("expires", link.expiresAt.rfc3339)
      Output.line(object)
    }
  }
}
