import ConfabDomain
import ConfabHub
import ConfabJournal
import ConfabWire
import Foundation
import NIOConcurrencyHelpers
import Primitives
import SwiftProtobuf

/// Copies of the journal that somebody is fetching: files in the data folder, a few at a time, gone
/// with their reader. Called on reading threads.
final class ArchiveStore: Sendable {
  private struct Archive {
    let owner: ConnectionID
    let folder: String
    let files: [WireArchiveFile]
    var usedAt: MonotonicTime
  }

  private struct State {
    var archives: [UInt64: Archive] = [:]
    var next: UInt64 = 1
    /// Being made, which takes a while.
    var making = 0
  }

  private let journal: any Journal
  private let folder: String
  private let state = NIOLockedValueBox(State())

  /// - Parameter folder: what is left in it from an earlier run is removed.
  init(journal: any Journal, folder: String) {
    self.journal = journal
    self.folder = folder
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  func hasArchives(of connection: ConnectionID) -> Bool {
    state.withLockedValue { $0.archives.values.contains { $0.owner == connection } }
  }

  func open(_ kind: ArchiveKind, for owner: ConnectionID) throws -> WireArchive {
    removeIdle()
    let id = try reserve()
    defer { state.withLockedValue { $0.making -= 1 } }
    let path = "\(folder)/\(id)"
    do {
      let files = try make(kind, in: path)
      state.withLockedValue {
        $0.archives[id] = Archive(
          owner: owner, folder: path, files: files, usedAt: Clock.monotonic())
      }
      return .with { ($0.archive, $0.files) = (id, files) }
    } catch {
      try? FileManager.default.removeItem(atPath: path)
      throw error
    }
  }

  func read(
    archive id: UInt64, file: Int, offset: UInt64, for owner: ConnectionID
  ) throws -> WireArchiveChunk {
    let archive = state.withLockedValue { state in
      state.archives[id]?.usedAt = Clock.monotonic()
      return state.archives[id]
    }
    guard let archive, archive.owner == owner, archive.files.indices.contains(file),
      offset <= archive.files[file].bytes
    else {
      throw Rejection(.archiveUnknown, "There is no such archive here any more. Make it again.")
    }
    let handle = try FileHandle(
      forReadingFrom: URL(fileURLWithPath: "\(archive.folder)/\(archive.files[file].name)"))
    defer { try? handle.close() }
    try handle.seek(toOffset: offset)
    let bytes = try handle.read(upToCount: ServerLimits.archiveChunkBytesMax) ?? Data()
    return .with {
      $0.bytes = bytes
      $0.end = offset + UInt64(bytes.count) >= archive.files[file].bytes
    }
  }

  func removeAll(of owner: ConnectionID) {
    remove { $0.owner == owner }
  }

  func removeAll() {
    remove { _ in true }
  }

  private func removeIdle() {
    let now = Clock.monotonic()
    remove { now.since($0.usedAt) > .seconds(ServerLimits.archiveIdleSecondsMax) }
  }

  private func remove(where isOver: (Archive) -> Bool) {
    let folders = state.withLockedValue { state in
      let over = state.archives.filter { isOver($0.value) }
      for id in over.keys { state.archives[id] = nil }
      return over.values.map(\.folder)
    }
    for folder in folders { try? FileManager.default.removeItem(atPath: folder) }
  }

  private func reserve() throws(Rejection) -> UInt64 {
    let id: UInt64? = state.withLockedValue { state in
      guard state.archives.count + state.making < ServerLimits.openArchivesMax else { return nil }
      state.making += 1
      defer { state.next += 1 }
      return state.next
    }
    guard let id else {
      throw Rejection(
        .placeFull, "Other archives are being fetched at this moment. Try again later.",
        retryAfter: .seconds(10))
    }
    return id
  }

  private func make(_ kind: ArchiveKind, in path: String) throws -> [WireArchiveFile] {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    switch kind {
    case .backup: try journal.backup(to: "\(path)/confab-backup.sqlite")
    case .json: try JSONExport(journal: journal, folder: path).write()
    case .classic: try ClassicExport(journal: journal, folder: path).write()
    }
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { name in
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
      return .with {
        $0.name = name
        $0.bytes = (attributes[.size] as? NSNumber)?.uint64Value ?? 0
      }
    }
  }
}
