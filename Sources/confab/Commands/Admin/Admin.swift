import ArgumentParser

struct Admin: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a server: people, invitations, backups, the audit log.",
    discussion: """
      On the server's own machine name its folder with --data DIR, or with CONFAB_DATA. Without \
      either, an owner who is signed in does the same over the network.

      The first minutes of a server:
        confab admin add-user ann --owner --data ./confab-data
        confab admin invite --uses 10 --data ./confab-data

      Somebody cannot sign in:
        confab admin users                       is the account locked, or disabled?
        confab admin unlock bob
        confab admin reset-password bob

      Every night, from cron:
        confab admin backup "/backup/confab-$(date +%F)" --data /var/lib/confab

      Exit status: 0 done, 2 usage, 3 refused by the server, 4 no server there.
      """,
    groupedSubcommands: [
      CommandGroup(
        name: "People",
        subcommands: [
          AddUser.self, Users.self, Invite.self, Invitations.self, SetRole.self, Disable.self,
          Enable.self, Unlock.self,
          EndSessions.self, ResetPassword.self, ImportCredentials.self,
        ]),
      CommandGroup(
        name: "Overview", subcommands: [AllRooms.self, AllSessions.self, Audit.self]),
      CommandGroup(
        name: "Data",
        subcommands: [Export.self, Backup.self, Restore.self, Migrate.self]),
    ])
}
