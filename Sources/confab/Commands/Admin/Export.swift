import ArgumentParser
import ConfabClient
import ConfabWire
import Foundation

extension Admin {
  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write everything that was said to files on this machine.",
      discussion: """
        json      accounts.jsonl, channels.jsonl, messages.jsonl, meetings.jsonl: one object a line
        classic   userlog.txt, messagelog.txt, SR_ID_messagelog.txt, as the old system wrote them, and
                  meetinglog.txt where there were meetings

          confab admin export --format json --into ./export --data ./confab-data

        Private rooms and direct messages are among it, and that it was done stands in the audit \
        log. Files of an earlier export in the same folder are replaced.
        """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case json, classic

      var archive: WireArchiveKind { self == .json ? .json : .classic }
    }

    @Option(help: "What to write.") var format: Format
    @Option(help: ArgumentHelp("The folder to write to; made when missing.", valueName: "dir"))
    var into: String
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      let connection = try await admin.connect()
      try makeFolder()
      let fetch = try await ArchiveFetch(format.archive, from: connection)
      for (index, name) in try fetch.names().enumerated() {
        let path = "\(into)/\(name)"
        try await PartialFile.write(path, replacing: true) { file in
          try await fetch.copy(file: index, to: file)
        }
        Output.line(path.escapedLine)
      }
    }

    /// For its owner only, if it is made here.
    private func makeFolder() throws {
      do {
        try FileManager.default.createDirectory(
          atPath: into, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch {
        throw UsageError("The folder \(into) cannot be made. Is there a file of that name?")
      }
    }
  }
}
