import ArgumentParser
import ConfabJournal
import Primitives

extension Admin {
  struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Move a place to another journal. No server of it must run.",
      discussion: """
          confab admin migrate --from sqlite --to nats://n1:4222,n2:4222,n3:4222/ours --data ./data
          confab serve --data ./data --journal nats://n1:4222,n2:4222,n3:4222/ours

        and back:

          confab admin migrate --from nats://n1:4222,n2:4222,n3:4222/ours --to sqlite --data ./data

        Every message keeps its number, and the audit chain is compared on both sides. The journal \
        that is left is kept: a file under another name, or the stream as it is. A move that was \
        interrupted is gone on with when it is run again.
        """)

    @Option(help: "sqlite, or nats://HOST:PORT,…/NAME") var from: String
    @Option(help: "sqlite, or nats://HOST:PORT,…/NAME") var to: String
    @Option(help: ArgumentHelp("As with confab serve.", valueName: "file"))
    var journalCredentials: String?
    @Option(help: ArgumentHelp("As with confab serve.", valueName: "pem"))
    var journalAuthorities: String?
    @OptionGroup var admin: AdminOptions

    func run() throws {
      Interrupts.install()
      guard let folder = admin.dataFolder else {
        throw UsageError("Say which server to move: --data DIR. It works on its machine only.")
      }
      let outcome: JournalMigration.Outcome
      do throws(JournalError) {
        switch (try choice(from, "--from"), try choice(to, "--to")) {
        case (.sqlite, .jetStream(let options)):
          outcome = try JournalMigration.copy(folder: folder, to: options)
        case (.jetStream(let options), .sqlite):
          outcome = try JournalMigration.copy(options, toFolder: folder)
        default: throw .other("one of --from and --to is sqlite and the other nats://…")
        }
      } catch {
        throw UsageError(words(error, folder: folder))
      }
      Output.line("moved \(outcome.entries) entries, audit chain \(outcome.head.hex)")
      if let former = outcome.former {
        Output.line("the former journal is now \(former.escapedLine)")
      }
    }

    private func choice(_ text: String, _ option: String) throws(JournalError) -> JournalChoice {
      do throws(UsageError) {
        return try JournalChoice(
          text, option: option, credentials: journalCredentials, authorities: journalAuthorities)
      } catch {
        throw .other(error.description)
      }
    }

    private func words(_ error: JournalError, folder: String) -> String {
      switch error {
      case .inUse: "A server runs on \(folder). Stop it first."
      case .diskFull, .streamFull:
        "There is no room. Nothing was taken away; free some and run this again."
      case .readOnly(let path): "\(path) cannot be opened: check its owner and permissions."
      case .tooNew(let found, let supported):
        "The journal is of a newer Confab (format \(found), this program knows \(supported))."
      case .corrupt(let words): "What was found is damaged: \(words). Nothing was taken away."
      case .overtaken: "A server of the place appends to the stream. Stop all of them first."
      case .unreachable(let words):
        "The NATS servers do not answer (\(words)). Nothing was taken away; run this again."
      case .other(let words), .searchInvalid(let words): "Nothing was moved: \(words)."
      case .closed: "Nothing was moved."
      }
    }
  }
}
