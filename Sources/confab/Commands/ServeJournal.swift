import ConfabJournal
import ConfabServer
import Glibc
import Logging

extension JournalChoice {
  /// Opens the journal for a server with this data folder.
  func open(in folder: String, logger: Logger) throws -> any Journal {
    switch self {
    case .sqlite:
      return try SQLiteJournal(folder: folder, salts: SystemRandomNumberGenerator())
    case .jetStream(let options):
      try Self.refuseOther(in: folder, options.address)
      let journal = try JetStreamJournal(
        options, folder: folder, salts: SystemRandomNumberGenerator())
      Self.warn(of: journal, logger)
      return journal
    }
  }

  /// Who changes the option only would stand before an empty place.
  private static func refuseOther(in folder: String, _ address: JournalAddress) throws {
    guard access(JournalFiles.database(in: folder), F_OK) == 0,
      access(JetStreamJournal.viewFolder(in: folder), F_OK) != 0
    else { return }
    throw StartFailure(
      "\(folder) has a journal on sqlite: move it with 'confab admin migrate --from sqlite --to "
        + "\(address)', or choose another --data")
  }

  private static func warn(of journal: JetStreamJournal, _ logger: Logger) {
    for shortcoming in journal.shortcomings { logger.warning("\(shortcoming)") }
  }
}
