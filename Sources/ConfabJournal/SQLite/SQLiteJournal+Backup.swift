import GRDB
import Glibc

extension SQLiteJournal {
  /// A copy of one moment, made beside running appends, without the free pages in which something
  /// deleted could lie.
  package func backup(to path: String) throws(JournalError) {
    try purge()
    guard try JournalFiles.createFile(path) else {
      throw .other("\(path) exists already; name a file that does not")
    }
    do {
      var configuration = Connections.configuration()
      configuration.label = "backup"
      let source = try DatabaseQueue(path: pool.path, configuration: configuration)
      try source.writeWithoutTransaction { db in
        try db.execute(sql: "VACUUM INTO ?", arguments: [path])
      }
      try source.close()
      try JournalFiles.sync(file: path)
      try JournalFiles.sync(folder: JournalFiles.folder(of: path))
    } catch {
      unlink(path)
      throw JournalError(error, path: path)
    }
  }
}
