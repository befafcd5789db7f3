import Foundation
import Glibc

/// What the journal keeps in the data folder, readable for its owner only.
package enum JournalFiles {
  package static let databaseName = "confab.sqlite"
  package static let lockName = "confab.lock"

  static let folderMode: mode_t = 0o700
  static let fileMode: mode_t = 0o600
  /// What SQLite puts beside a database in WAL mode.
  static let companionSuffixes = ["-wal", "-shm"]

  package static func database(in folder: String) -> String { folder + "/" + databaseName }

  /// Not through NSString, which on Linux crashes for a name of one letter.
  static func folder(of path: String) -> String {
    var rest = path[...]
    while rest.count > 1, rest.last == "/" { rest.removeLast() }
    guard let slash = rest.lastIndex(of: "/") else { return "." }
    return slash == rest.startIndex ? "/" : String(rest[..<slash])
  }

  /// Makes the folder where there is none, durable.
  static func makeFolder(_ folder: String) throws(JournalError) {
    if mkdir(folder, folderMode) == 0 {
      try sync(folder: self.folder(of: folder))
    } else if errno != EEXIST {
      throw JournalError(errno: errno, path: folder)
    }
  }

  /// SQLite gives its companions the mode of the database, so the mode must be right from the first.
  ///
  /// - Returns: false when the file is there already.
  static func createFile(_ path: String) throws(JournalError) -> Bool {
    let file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, fileMode)
    guard file >= 0 else {
      if errno == EEXIST { return false }
      throw JournalError(errno: errno, path: path)
    }
    Glibc.close(file)
    return true
  }

  /// A new name, or a new file, is durable only when its folder is.
  static func sync(folder: String) throws(JournalError) {
    try sync(path: folder, flags: O_RDONLY | O_DIRECTORY)
  }

  static func sync(file: String) throws(JournalError) {
    try sync(path: file, flags: O_RDONLY)
  }

  private static func sync(path: String, flags: Int32) throws(JournalError) {
    let file = open(path, flags | O_CLOEXEC)
    guard file >= 0 else { throw JournalError(errno: errno, path: path) }
    defer { Glibc.close(file) }
    guard fsync(file) == 0 else { throw JournalError(errno: errno, path: path) }
  }
}

/// Keeps a second server out of a data folder for as long as it lives. The kernel lets go of it when
/// the process ends, however it ends, so that there is never a stale one.
final class FolderLock: Sendable {
  private let file: Int32

  init(folder: String) throws(JournalError) {
    let path = folder + "/" + JournalFiles.lockName
    let file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, JournalFiles.fileMode)
    guard file >= 0 else { throw JournalError(errno: errno, path: folder) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let error = errno
      Glibc.close(file)
      if error == EWOULDBLOCK { throw .inUse(path: folder) }
      throw JournalError(errno: error, path: folder)
    }
    self.file = file
  }

  deinit { Glibc.close(file) }
}
