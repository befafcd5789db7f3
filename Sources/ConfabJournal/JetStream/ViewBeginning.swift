import ConfabDomain
import Foundation
import Glibc

/// What a server's copy of the stream begins with: nothing, or the backup of another server, which saves it
/// the way through all that came before.
///
/// A backup of a server of the place is a copy of its copy, with the place in the stream up to which it goes.
/// It is checked as a backup for one machine is, and then against the stream. One that does not fit is taken
/// away again, so that nothing is left of it.
struct ViewBeginning {
  /// Nil when there is a copy already, or none was given.
  private let backup: String?
  private let folder: String

  init(_ backup: String?, in folder: String) throws(JournalError) {
    self.folder = folder
    guard let backup, access(JournalFiles.database(in: folder), F_OK) != 0 else {
      self.backup = nil
      return
    }
    self.backup = backup
    try JournalFiles.restore(backup: backup, into: folder)
  }

  /// - Parameter position: of the newest message of the stream that is in it.
  func check(_ position: UInt64, head: AuditChain) throws(JournalError) {
    guard let backup, position == 0, head.entry > 0 else { return }
    throw .other(
      "\(backup) is the backup of a place on one machine: only what a server on the same stream has "
        + "written can begin another")
  }

  /// - Returns: what is to be said of an error that came after it.
  func undone(_ error: JournalError) -> JournalError {
    guard let backup else { return error }
    // It may fit, for all that is known.
    if case .unreachable = error { return error }
    try? FileManager.default.removeItem(atPath: folder)
    guard case .other(let words) = error else { return error }
    return .other("\(backup) was not used: \(words)")
  }
}
