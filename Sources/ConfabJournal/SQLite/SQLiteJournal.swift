import ConfabDomain
import Foundation
import GRDB
import Synchronization

/// The journal in one SQLite file: one connection appends, a few read beside it.
///
/// WAL with `synchronous = FULL`: a group is one transaction, and one fdatasync of the log makes it
/// durable. Readers never wait for the writer nor it for them.
package final class SQLiteJournal: Journal {
  /// The data folder, for words to people.
  let folder: String
  let pool: DatabasePool
  private let lock: Mutex<FolderLock?>
  let appending: Mutex<Appending>

  /// What the next group follows. Only ever as new as the newest durable entry.
  struct Appending {
    var chain: AuditChain
    var clock: Int64
    var waiting: WaitingPostings
    var salts: any RandomNumberGenerator & Sendable
  }

  /// What a file is to its server.
  enum Purpose {
    /// The one place where the entries are.
    case truth
    /// A copy that can be made again. A power cut may take its newest groups, and nothing else.
    case cache
  }

  /// Opens the journal in a folder, makes it when there is none, migrates it when it is older.
  ///
  /// - Parameters:
  ///   - salts: chance for the salts of texts; the system's, outside of tests.
  ///   - pagesMax: how far the file may grow, in pages of 4 KiB; past it the disk counts as full.
  package convenience init(
    folder: String, salts: any RandomNumberGenerator & Sendable, pagesMax: Int? = nil
  ) throws(JournalError) {
    try self.init(folder: folder, salts: salts, purpose: .truth, pagesMax: pagesMax)
  }

  init(
    folder: String, salts: any RandomNumberGenerator & Sendable, purpose: Purpose,
    pagesMax: Int? = nil
  ) throws(JournalError) {
    let folder = (folder as NSString).standardizingPath
    try JournalFiles.makeFolder(folder)
    let lock = try FolderLock(folder: folder)
    let path = JournalFiles.database(in: folder)
    if try JournalFiles.createFile(path) { try JournalFiles.sync(folder: folder) }
    do {
      let pool = try Connections.open(path, purpose: purpose, pagesMax: pagesMax)
      let appending = try pool.read { db in try Appending(db, salts: salts) }
      self.folder = folder
      self.pool = pool
      self.lock = Mutex(lock)
      self.appending = Mutex(appending)
    } catch {
      throw JournalError(error, path: folder)
    }
    try purge()
  }

  package func close() throws(JournalError) {
    // The writer must be the last to go: only it may bring the log into the database and remove it.
    pool.invalidateReadOnlyConnections()
    do { try pool.close() } catch { throw JournalError(error, path: folder) }
    // Last, so that the next server finds the files at rest.
    lock.withLock { $0 = nil }
  }

  /// One consistent view of whole groups.
  func reading<Answer>(
    _ answer: (Database) throws -> Answer
  ) throws(JournalError) -> Answer {
    do { return try pool.read(answer) } catch { throw JournalError(error, path: folder) }
  }

  func writing<Answer>(
    _ change: (Database) throws -> Answer
  ) throws(JournalError) -> Answer {
    do { return try pool.write(change) } catch { throw JournalError(error, path: folder) }
  }
}

/// How connections to the file are set up.
enum Connections {
  static let readersMax = 4
  /// KiB of pages that each connection keeps.
  private static let cacheKiB = 16_384
  /// Pages in the write-ahead log before they are moved into the database: 16 MiB, so that a page that
  /// many groups change is moved once.
  private static let checkpointPages = 4_096
  /// The log's size after a checkpoint, when a long read had made it grow.
  private static let logBytesKept = 67_108_864
  /// How long a connection waits for another, which in this process only a checkpoint asks of it.
  static let waitMilliseconds = 5_000

  static func open(
    _ path: String, purpose: SQLiteJournal.Purpose, pagesMax: Int?
  ) throws -> DatabasePool {
    let pool = try DatabasePool(path: path, configuration: configuration())
    try pool.writeWithoutTransaction { db in
      // GRDB asks for NORMAL when it turns WAL on, which would lose acknowledged groups in a power cut.
      if purpose == .truth {
        try db.execute(sql: "PRAGMA synchronous = FULL")
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
          throw JournalError.other("SQLite does not sync as it must")
        }
      }
      try db.execute(sql: "PRAGMA secure_delete = ON")
      try db.execute(sql: "PRAGMA wal_autocheckpoint = \(checkpointPages)")
      try db.execute(sql: "PRAGMA journal_size_limit = \(logBytesKept)")
      if let pagesMax { try db.execute(sql: "PRAGMA max_page_count = \(pagesMax)") }
    }
    try Schema.migrator.migrate(pool)
    return pool
  }

  static func configuration() -> Configuration {
    var configuration = Configuration()
    configuration.maximumReaderCount = readersMax
    configuration.foreignKeysEnabled = false
    configuration.busyMode = .timeout(Double(waitMilliseconds) / 1000)
    configuration.prepareDatabase { db in
      try checkFormat(db)
      try db.execute(sql: "PRAGMA cache_size = -\(cacheKiB)")
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
      // Finds more kinds of damage, before they are believed.
      try db.execute(sql: "PRAGMA cell_size_check = ON")
    }
    return configuration
  }

  /// Before anything is changed: a file that is not ours, or too new, stays as it is.
  static func checkFormat(_ db: Database) throws {
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let format = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    if application == Schema.applicationID {
      guard format <= Schema.format else {
        throw JournalError.tooNew(found: format, supported: Schema.format)
      }
      return
    }
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
    guard application == 0, tables == 0 else {
      throw JournalError.corrupt("the file is a database, but not one of Confab's")
    }
  }
}
