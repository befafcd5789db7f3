import ArgumentParser
import ConfabClient
import ConfabWire

extension Admin {
  struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Copy the server's journal to a file on this machine, while the server runs.",
      discussion: """
        The copy is of one moment, and whole: everything that was acknowledged before. It holds \
        what people wrote and the hashes of their passwords, so keep it as safe as the server.

          confab admin backup monday.confab --data ./confab-data
          confab admin restore monday.confab --data ./new-data

        The server's certificate and key are not in it. Copy the folder DIR/tls once, so that a \
        restored server is the same to everybody who knows its pin.
        """)

    @Argument(help: "The file to write. It must not exist yet.") var file: String
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      let dialer = try admin.dialer()
      try await PartialFile.write(file, replacing: false) { target in
        let fetch = try await ArchiveFetch(.backup, from: try await dialer.dial())
        guard fetch.archive.files.count == 1 else { throw fetch.connection.wrongAnswer }
        try await fetch.copy(file: 0, to: target)
        Output.note("\(fetch.archive.files[0].bytes) bytes")
      }
      Output.line("backed up to \(file.escapedLine)")
    }
  }
}
