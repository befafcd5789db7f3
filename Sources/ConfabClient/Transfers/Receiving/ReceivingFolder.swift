import CLinux
package import ConfabNetwork
package import ConfabTransfer
import Foundation
import Glibc

/// The folder that files are received into, and in it the hidden one in which they grow.
///
/// What is in the hidden folder has the shape of what was sent, so that at the end one rename for each
/// entry at the top puts everything into its place. Entries at the top are called by their number,
/// because their names are only found at the end.
///
///     INTO/.confab-….part/journal
///     INTO/.confab-….part/label.json     what it is, for people
///     INTO/.confab-….part/0              the first entry, if it is a file
///     INTO/.confab-….part/0/a/b          what is in it, if it is a folder
package final class ReceivingFolder: Sendable {
  package enum Fault: Error, Hashable, Sendable {
    case system(SystemError)
    /// Another process receives the same just now.
    case busy
    /// Another user has made the hidden folder before us, to read or exchange what comes into it.
    case foreign(String)
  }

  /// Where the files go at the end.
  let target: OpenFile
  /// Where they are until then.
  let hidden: OpenFile
  private let hiddenName: String

  /// Opens both, and makes the hidden one if it is not there.
  package init(_ target: String, identity: TransferIdentity) throws(Fault) {
    let descriptor = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(SystemError(latest: "open the folder \(target)")) }
    self.target = OpenFile(descriptor)
    hiddenName = identity.folderName
    // Nobody else looks at what is not complete.
    guard mkdirat(descriptor, hiddenName, 0o700) == 0 || errno == EEXIST else {
      throw .system(SystemError(latest: "write into the folder \(target)"))
    }
    let opened = clinux_open_beneath(descriptor, hiddenName, O_RDONLY | O_DIRECTORY, 0)
    guard opened >= 0 else { throw .system(SystemError("open \(hiddenName)", code: -opened)) }
    hidden = OpenFile(opened)
    var status = stat()
    guard fstat(opened, &status) == 0, status.st_uid == geteuid() else {
      throw .foreign(hiddenName)
    }
    // Where it was there already. Some file systems have no modes; then this does nothing.
    fchmod(opened, 0o700)
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK ? .busy : .system(SystemError(latest: "lock \(hiddenName)"))
    }
  }

  /// The place of an entry beneath the hidden folder.
  package static func place(of entry: Int, in manifest: Manifest) -> String {
    var names: [String] = []
    var entry = entry
    while let folder = manifest.parent(of: entry) {
      names.append(ComposedName.of(manifest.name(of: entry)))
      entry = folder
    }
    names.append(String(entry))
    return names.reversed().joined(separator: "/")
  }

  func openBeneath(
    _ place: String, _ flags: Int32, mode: UInt32 = 0
  ) throws(SystemError) -> OpenFile {
    let descriptor = clinux_open_beneath(hidden.descriptor, place, flags, mode)
    guard descriptor >= 0 else { throw SystemError("open a file", code: -descriptor) }
    return OpenFile(descriptor)
  }

  /// Bytes that may still be written where the files grow; nil when the system does not tell.
  package var freeBytes: UInt64? {
    var status = statvfs()
    guard fstatvfs(hidden.descriptor, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }

  /// Gives an entry at the top its name.
  ///
  /// - Returns: false when something has that name.
  package func publish(_ entry: Int, as name: String) throws(SystemError) -> Bool {
    let code = clinux_rename_new(hidden.descriptor, String(entry), target.descriptor, name)
    if code == -EEXIST || code == -ENOTEMPTY { return false }
    guard code == 0 else { throw SystemError("rename a file to \(name)", code: -code) }
    return true
  }

  /// True when the entry still waits for its name.
  package func isHidden(_ entry: Int) -> Bool {
    faccessat(hidden.descriptor, String(entry), F_OK, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// True when something in the target has that name.
  package func has(_ name: String) -> Bool {
    faccessat(target.descriptor, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// The new names are durable.
  package func syncNames() throws(SystemError) {
    try target.sync()
    try hidden.sync()
  }

  /// Everything in this file system is durable, which is faster than file by file when there are many.
  package func syncAll() throws(SystemError) {
    let code = clinux_sync_filesystem(hidden.descriptor)
    guard code == 0 else { throw SystemError("sync the files", code: -code) }
  }

  /// Takes the hidden folder away when nothing but journal and label are left in it.
  package func removeHidden() {
    unlinkat(hidden.descriptor, UnfinishedPart.labelName, 0)
    unlinkat(hidden.descriptor, JournalFile.name, 0)
    unlinkat(target.descriptor, hiddenName, AT_REMOVEDIR)
  }
}

extension ReceivingFolder {
  /// Takes away all that has not got its name yet, whole folders too.
  func discardAll(beneath path: String) {
    try? FileManager.default.removeItem(atPath: path + "/" + hiddenName)
  }
}
