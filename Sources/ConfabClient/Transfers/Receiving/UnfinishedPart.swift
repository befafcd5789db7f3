package import ConfabNetwork
import ConfabTransfer
import Foundation
import Glibc
package import Primitives

/// What a transfer that was broken off left in a folder, to be gone on with.
package struct UnfinishedPart: Hashable, Sendable {
  /// What it is, for people; the journal knows only hashes.
  struct Label: Hashable, Sendable, Codable {
    var from: String
    var name: String
    var bytes: UInt64
  }

  package enum Fault: Error, Hashable, Sendable {
    /// It is being received at this moment.
    case busy
    case system(SystemError)
  }

  /// The folder that it was received into, without links.
  package let folder: String
  /// Of the manifest, in hexadecimal.
  package let id: String
  /// Room that it takes.
  package let bytesOnDisk: UInt64
  /// When something of it was written last.
  package let changedAt: WallTime
  private let hiddenName: String
  private let label: Label?

  package var from: String? { label?.from }
  /// As it was offered: unchecked.
  package var name: String? { label?.name }
  package var bytesTotal: UInt64? { label?.bytes }

  private var path: String { folder + "/" + hiddenName }

  /// All that is this user's, the oldest first. A folder that is not there has none.
  package static func find(in folder: String) -> [UnfinishedPart] {
    guard let resolved = realpath(folder, nil) else { return [] }
    defer { free(resolved) }
    let folder = String(cString: resolved)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { UnfinishedPart($0, in: folder) }
      .sorted { ($0.changedAt, $0.id) < ($1.changedAt, $1.id) }
  }

  private init?(_ hiddenName: String, in folder: String) {
    guard let id = TransferFolderName.manifest(in: hiddenName) else { return nil }
    let path = folder + "/" + hiddenName
    var status = stat()
    guard lstat(path, &status) == 0, status.isFolder, status.st_uid == geteuid() else {
      return nil
    }
    self.folder = folder
    self.hiddenName = hiddenName
    self.id = id
    bytesOnDisk = Self.room(beneath: path)
    var journal = stat()
    let hasJournal = lstat(path + "/" + JournalFile.name, &journal) == 0
    changedAt = WallTime((hasJournal ? journal : status).st_mtim)
    label = FileManager.default.contents(atPath: path + "/" + Self.labelName)
      .flatMap { try? JSONDecoder().decode(Label.self, from: $0) }
  }

  private static func room(beneath path: String) -> UInt64 {
    guard let names = FileManager.default.enumerator(atPath: path) else { return 0 }
    var blocks: UInt64 = 0
    for case let name as String in names {
      var status = stat()
      if lstat(path + "/" + name, &status) == 0, status.isFile {
        blocks += UInt64(status.st_blocks)
      }
    }
    return blocks * UInt64(SourceWalk.statusBlockBytes)
  }

  /// Takes it off the disk: who offers the same again begins at the beginning.
  package func forget() throws(Fault) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(SystemError(latest: "open \(path)")) }
    // Whoever receives into it holds this lock.
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .busy }
    openFolders()
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw .system(SystemError(latest: "remove \(path)"))
    }
  }

  /// A folder that was finished may forbid to take anything out of it.
  private func openFolders() {
    guard let names = FileManager.default.enumerator(atPath: path) else { return }
    for case let name as String in names {
      var status = stat()
      let inner = path + "/" + name
      guard lstat(inner, &status) == 0, status.isFolder else { continue }
      chmod(inner, status.st_mode & 0o777 | 0o700)
    }
  }
}

// MARK: - The label

extension UnfinishedPart {
  static let labelName = "label.json"

  /// Without it the part is only harder to recognise.
  static func write(_ label: Label, into folder: ReceivingFolder) {
    guard let bytes = try? JSONEncoder().encode(label),
      let file = try? folder.openBeneath(
        labelName, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
    else { return }
    bytes.withUnsafeBytes { try? file.write($0, at: 0) }
  }
}

extension WallTime {
  fileprivate init(_ time: timespec) {
    self.init(
      millisecondsSinceEpoch: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
