import Foundation
import GRDB
import Glibc

extension JournalError {
  /// What a failed system call means to the journal.
  init(errno code: Int32, path: String) {
    switch code {
    case ENOSPC, EDQUOT: self = .diskFull
    case EROFS, EACCES, EPERM: self = .readOnly(path: path)
    default: self = .other("\(path): \(String(cString: strerror(code)))")
    }
  }

  /// What SQLite's refusal means to the journal.
  init(_ error: any Error, path: String) {
    switch error {
    case let error as JournalError: self = error
    case let error as DatabaseError: self.init(database: error, path: path)
    case is ColumnUnreadable, is RowDecodingError:
      self = .corrupt("a row holds what was never written there")
    default: self = .other("\(error)")
    }
  }

  private init(database error: DatabaseError, path: String) {
    let words = error.message ?? "\(error.resultCode)"
    switch error.extendedResultCode {
    case .SQLITE_IOERR_SHMSIZE:
      self = .diskFull
      return
    case .SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_DATA, .SQLITE_IOERR_CORRUPTFS:
      self = .corrupt(words)
      return
    default: break
    }
    switch error.resultCode {
    case .SQLITE_FULL: self = .diskFull
    case .SQLITE_READONLY, .SQLITE_PERM: self = .readOnly(path: path)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(words)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .inUse(path: path)
    case .SQLITE_MISUSE: self = .closed
    default: self = .other(words)
    }
  }
}
