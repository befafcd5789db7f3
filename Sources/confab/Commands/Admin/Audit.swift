import ArgumentParser
import ConfabClient
import ConfabWire
import Primitives

extension Admin {
  struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what happened on the server, or prove that nobody changed the record.",
      discussion: """
        Who signed in and who failed to, who made, entered and left rooms, who administered what. \
        Never what was said, never a secret.

          confab admin audit --since 2026-11-22T08:00:00 --data ./confab-data
          confab admin audit --follow --json | jq -r 'select(.event == "account-locked")'
          confab admin audit --verify

        Each entry carries a hash over itself and the one before. --verify computes the whole \
        chain anew: exit 0 when it is intact, 3 when it is broken. Note the head now and then \
        where nobody on the server can change it: a chain that was made anew has another one.
        """)

    @Option(help: "Only what is strictly later than this time.") var since: TimeArgument?
    @Flag(help: "Go on with what happens, until Ctrl-C.") var follow = false
    @Flag(help: "Check the chain of hashes.") var verify = false
    @OptionGroup var output: JSONOption
    @OptionGroup var admin: AdminOptions

    func validate() throws {
      if verify, follow || since != nil {
        throw ValidationError("--verify checks all entries: leave --since and --follow out.")
      }
    }

    func run() async throws {
      let dialer = try admin.dialer()
      let connection = try await dialer.dial()
      if verify { return try await verifyChain(connection) }
      var read = WireReadAudit()
      read.since = since?.time.millisecondsSinceEpoch ?? 0
      guard follow else { return try await showPages(&read, connection) }
      try await followOn(&read, connection, dialer)
    }
  }
}

// Reading.
extension Admin.Audit {
  /// The server does not push its record, so it is asked this often.
  private static let followInterval: Duration = .milliseconds(500)

  private func followOn(
    _ read: inout WireReadAudit, _ first: Connection, _ dialer: AdminDialer
  ) async throws {
    var backoff = Backoff(seed: .random(in: 0 ... .max))
    var current: Connection? = first
    while true {
      do {
        let connection: Connection
        if let current { connection = current } else { connection = try await dialer.dial() }
        current = connection
        backoff.reset()
        while true {
          try await showPages(&read, connection)
          try await Task.sleep(for: Self.followInterval)
        }
      } catch  where Dialer.mayPass(error) {
        if let error = error as? ConnectionError { Output.note("\(error) Trying again…") }
        await current?.close()
        current = nil
        try await Task.sleep(for: backoff.next())
      }
    }
  }

  private func showPages(_ read: inout WireReadAudit, _ connection: Connection) async throws {
    while true {
      guard case .auditList(let list) = try await connection.request(.readAudit(read)) else {
        throw connection.wrongAnswer
      }
      for entry in list.entries { show(entry) }
      guard let last = list.entries.last else { return }
      read.afterEntry = last.entry
      if !list.more { return }
    }
  }

  private func show(_ entry: WireAuditEntry) {
    guard output.json else {
      let who = entry.by.isEmpty ? "-" : entry.by.escapedLine
      let detail = entry.detail.isEmpty ? "" : "  \(entry.detail.escapedLine)"
      return Output.line(
        "\(entry.entry)  \(LocalTime.text(entry.at))  \(who)  \(entry.event.escapedLine)\(detail)")
    }
    var object = JSONObject(event: entry.event)
    object.add("entry", entry.entry)
    object.add("at", entry.at.rfc3339)
    object.add("by", entry.by)
    object.add("detail", entry.detail)
    object.add("chain", entry.chain.hex)
    Output.line(object)
  }
}

// Verifying.
extension Admin.Audit {
  private func verifyChain(_ connection: Connection) async throws {
    let answer = try await connection.request(.verifyAudit(WireVerifyAudit()))
    guard case .auditVerdict(let verdict) = answer else { throw connection.wrongAnswer }
    show(verdict)
    guard !verdict.intact else { return }
    Output.failure(
      "The audit log was changed at entry \(verdict.brokenAt), or the disk is damaged. Keep the "
        + "data folder as it is, and compare it with a backup.")
    throw ExitCode(ExitStatus.refused.rawValue)
  }

  private func show(_ verdict: WireAuditVerdict) {
    guard output.json else {
      return Output.line(
        verdict.intact
          ? "intact: \(verdict.entries) entries, head \(verdict.head.hex)"
          : "broken at entry \(verdict.brokenAt)")
    }
    var object = JSONObject(event: "audit-verdict")
    object.add("intact", verdict.intact)
    if verdict.intact {
      object.add("entries", verdict.entries)
      object.add("head", verdict.head.hex)
    } else {
      object.add("brokenAt", verdict.brokenAt)
    }
    Output.line(object)
  }
}
