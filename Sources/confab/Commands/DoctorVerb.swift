import ArgumentParser
import ConfabClient
import ConfabNetwork
import Foundation

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the way to a server step by step, and say what to mend.",
    discussion: """
      Checks the name, TCP, TLS, the certificate, the protocol, the clocks, your session, HTTPS for \
      browsers, and UDP. Each step is a line: ok, or problem with what to do about it.

        confab doctor                        the server you are signed in to
        confab doctor meet.example.org       any server, also without an account

      Run it on the machine that has the trouble: the answer depends on the way. Where something \
      is blocked it prints the lines that open it in the server's firewall.

      Exit 0 when people can talk over this server, 4 when something essential fails. UDP is not \
      essential for talking; files will need it.
      """)

  @Argument(help: ArgumentHelp("HOST[:PORT]", valueName: "host[:port]"))
  var address: ServerArgument?

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func run() async throws {
    let profile = try client.openProfile()
    let wanted = address?.address ?? client.server?.address
    let known = try profile.server(at: wanted)
    guard let server = wanted ?? known?.address else {
      throw UsageError(
        "You are not signed in to a server yet. Name the one to check: confab doctor HOST[:PORT]")
    }
    var problems = 0
    var essentialProblems = 0
    let checkup = Checkup(server: server, known: known, profile: profile) { finding in
      finding.show(json: output.json)
      guard finding.status == .problem else { return }
      problems += 1
      if finding.isEssential { essentialProblems += 1 }
    }
    await checkup.run()
    showEnd(problems: problems, isUsable: essentialProblems == 0)
    if essentialProblems > 0 { throw ExitCode(ExitStatus.unreachable.rawValue) }
  }

  private func showEnd(problems: Int, isUsable: Bool) {
    if output.json {
      var object = JSONObject(event: "done")
      object.add("usable", isUsable)
      object.add("problems", problems)
      return Output.line(object)
    }
    Output.line(
      problems == 0
        ? "All is well."
        : "\(problems) problem\(problems == 1 ? "" : "s"); "
          + (isUsable
            ? "people can talk over this server." : "this server cannot be used from here.")
    )
  }
}
