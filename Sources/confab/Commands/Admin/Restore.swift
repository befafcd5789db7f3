import ArgumentParser
import ConfabJournal
import Glibc

extension Admin {
  struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a server's data folder from a backup. The server must not run.",
      discussion: """
          confab admin restore monday.confab --data ./new-data
          cp -a ./old-data/tls ./new-data/
          confab serve --data ./new-data

        Without the folder tls of the old server the restored one makes itself a new key, and \
        people need new links. The backup is checked first. A journal that is in the folder \
        already is kept beside it under another name.
        """)

    @Argument(help: "What confab admin backup wrote.") var file: String
    @OptionGroup var admin: AdminOptions

    func run() throws {
      Interrupts.install()
      guard let folder = admin.dataFolder else {
        throw UsageError("Say where to restore to: --data DIR. It works without the server only.")
      }
      let former: String?
      do throws(JournalError) {
        former = try JournalFiles.restore(backup: file, into: folder)
      } catch {
        throw UsageError(words(error, folder: folder))
      }
      Output.line("restored \(file.escapedLine) into \(folder.escapedLine)")
      if let former { Output.line("the former journal is now \(former.escapedLine)") }
      if access("\(folder)/tls", F_OK) != 0 {
        Output.note("Copy the folder tls of the old server here too, so that its pin stays.")
      }
    }

    private func words(_ error: JournalError, folder: String) -> String {
      switch error {
      case .inUse: "A server runs on \(folder). Stop it first, or restore into another folder."
      case .diskFull: "The disk is full. Nothing was restored."
      case .readOnly(let path): "\(path) cannot be opened: check its owner and permissions."
      case .tooNew(let found, let supported):
        "\(file) is of a newer Confab (format \(found), this program knows \(supported)). Upgrade first."
      case .corrupt(let words): "\(file) is damaged, or no backup: \(words)."
      case .other(let words), .searchInvalid(let words): "Nothing was restored: \(words)."
      case .closed, .overtaken, .unreachable, .streamFull: "Nothing was restored."
      }
    }
  }
}
