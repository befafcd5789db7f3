import ConfabDomain
import Foundation
import GRDB
import Glibc

extension JournalFiles {
  /// Puts a backup in the place of a folder's journal, while no server runs on the folder.
  ///
  /// The backup is copied, checked whole as a copy, and only then takes its place. A journal that is
  /// there already is kept as `confab.sqlite.before-restore-1`, `-2` and so on.
  ///
  /// - Returns: where the former journal is now; nil when there was none.
  @discardableResult
  package static func restore(
    backup: String, into folder: String
  ) throws(JournalError) -> String? {
    try makeFolder(folder)
    let lock = try FolderLock(folder: folder)
    defer { withExtendedLifetime(lock) {} }
    let copy = folder + "/confab.sqlite.restoring"
    try? remove(copy)
    do throws(JournalError) {
      try self.copy(backup, to: copy)
      try check(copy)
      try sync(file: copy)
      let former = try setAside(folder)
      guard rename(copy, database(in: folder)) == 0 else {
        throw JournalError(errno: errno, path: folder)
      }
      try sync(folder: folder)
      return former
    } catch {
      try? remove(copy)
      throw error
    }
  }

  private static func copy(_ source: String, to target: String) throws(JournalError) {
    let input = open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw .other("\(source): \(String(cString: strerror(errno)))") }
    defer { Glibc.close(input) }
    guard try createFile(target) else { throw .other("\(target) is in the way") }
    let output = open(target, O_WRONLY | O_CLOEXEC)
    guard output >= 0 else { throw JournalError(errno: errno, path: target) }
    defer { Glibc.close(output) }
    while true {
      // The kernel copies; a file system that can shares the blocks.
      let count = sendfile(output, input, nil, 1 << 30)
      if count == 0 { return }
      if count < 0 && errno != EINTR { throw JournalError(errno: errno, path: target) }
    }
  }

  /// Nothing damaged, nothing newer, nothing with a broken chain takes the place of a journal.
  private static func check(_ path: String) throws(JournalError) {
    do {
      let queue = try DatabaseQueue(path: path, configuration: Connections.configuration())
      try queue.writeWithoutTransaction { db in
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
          throw JournalError.corrupt("the file is not a backup of Confab")
        }
        let findings = try String.fetchAll(db, sql: "PRAGMA integrity_check(1)")
        guard findings == ["ok"] else {
          throw JournalError.corrupt(findings.first ?? "the file does not answer")
        }
        // Only a head start: what it says is made again from the entries, which the chain vouches for.
        try db.execute(sql: "DELETE FROM snapshot")
        if let entry = try AuditReading.verify(db).brokenAt {
          throw JournalError.corrupt("the audit chain is broken at entry \(entry)")
        }
      }
      try queue.close()
    } catch {
      throw JournalError(error, path: path)
    }
  }

  /// Gives the journal of a folder another name, without a moment in which there is none.
  private static func setAside(_ folder: String) throws(JournalError) -> String? {
    let current = database(in: folder)
    guard access(current, F_OK) == 0 else { return nil }
    emptyLog(of: current)
    var number = 1
    while access("\(current).before-restore-\(number)", F_OK) == 0 { number += 1 }
    let aside = "\(current).before-restore-\(number)"
    guard link(current, aside) == 0 else { throw JournalError(errno: errno, path: aside) }
    // A log that could not be emptied belongs to the former journal and would ruin the new one.
    for suffix in companionSuffixes where access(current + suffix, F_OK) == 0 {
      guard rename(current + suffix, aside + suffix) == 0 else {
        throw JournalError(errno: errno, path: aside)
      }
    }
    return aside
  }

  /// Brings a healthy journal into one file. One that is damaged, which may be why somebody restores,
  /// stays as it is.
  private static func emptyLog(of path: String) {
    guard let queue = try? DatabaseQueue(path: path) else { return }
    _ = try? queue.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
    try? queue.close()
  }

  private static func remove(_ path: String) throws(JournalError) {
    for suffix in [""] + companionSuffixes + ["-journal"] where unlink(path + suffix) != 0 {
      guard errno == ENOENT else { throw JournalError(errno: errno, path: path) }
    }
  }
}
