package import ConfabDomain
import Foundation
import Glibc
import Primitives
import Synchronization

/// Messages that the server has not confirmed, kept on disk so that they survive this program.
///
/// Each process has a file of its own, locked while it runs; one that starts takes over what others
/// left behind. A file is a list of lines, each a message or the id of one that is done with; a line
/// that was cut off by a crash is none.
package final class Outbox: Sendable {
  /// Messages that wait at most; a person must notice before.
  package static let draftsMax = 1_000

  private struct Line: Codable {
    var draft: Draft?
    var done: MessageID?
  }

  private struct State {
    var drafts: [Draft] = []
    /// Nil when closed.
    var descriptor: CInt?
  }

  private let path: String
  private let state: Mutex<State>

  /// - Parameter key: names the account and the place, so that nothing is sent as somebody else.
  init(folder: String, key: String) throws {
    try PrivateFile.makeFolder(folder)
    var generator = SystemRandomNumberGenerator()
    let path = "\(folder)/\(key)-\([UInt8].random(count: 8, using: &generator).hex)"
    self.path = path
    let (drafts, descriptor) = try FileLock.hold("\(folder)/lock") {
      let abandoned = try Self.abandonedFiles(in: folder, key: key)
      defer { for file in abandoned { Glibc.close(file.descriptor) } }
      let drafts = try abandoned.flatMap { Self.drafts(in: try PrivateFile.read($0.path) ?? []) }
      let descriptor = try PrivateFile.openForAppending(path)
      flock(descriptor, LOCK_EX)
      let sorted = drafts.sorted { $0.at < $1.at }
      for draft in sorted { try Self.append(Line(draft: draft), to: descriptor, path: path) }
      PrivateFile.syncFolder(of: path)
      // Only now: until here a crash leaves every message in one file at least.
      for file in abandoned { unlink(file.path) }
      return (sorted, descriptor)
    }
    state = Mutex(State(drafts: drafts, descriptor: descriptor))
  }

  /// Files whose process no longer runs, open and locked.
  private static func abandonedFiles(
    in folder: String, key: String
  ) throws -> [(path: String, descriptor: CInt)] {
    var files: [(path: String, descriptor: CInt)] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    where belongs(name, to: key) {
      let descriptor = try PrivateFile.openForAppending("\(folder)/\(name)")
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
        files.append(("\(folder)/\(name)", descriptor))
      } else {
        Glibc.close(descriptor)
      }
    }
    return files
  }

  /// Names hold hyphens as well: the files of `ann` are not those of `ann-lee`.
  private static func belongs(_ name: String, to key: String) -> Bool {
    name.hasPrefix("\(key)-") && !name.dropFirst(key.count + 1).contains("-")
  }

  deinit { close() }

  /// Leaves to the next run what is not sent, and no file when that is nothing.
  package func close() {
    state.withLock { state in
      guard let descriptor = state.descriptor else { return }
      state.descriptor = nil
      if state.drafts.isEmpty { unlink(path) }
      Glibc.close(descriptor)
    }
  }

  package var drafts: [Draft] { state.withLock { $0.drafts } }

  /// When this returns the message is on disk.
  package func add(_ draft: Draft) throws {
    try state.withLock { state throws in
      guard !state.drafts.contains(where: { $0.id == draft.id }) else { return }
      guard state.drafts.count < Self.draftsMax else {
        throw ProfileError("Too many messages wait for the connection. Wait for it to come back.")
      }
      guard let descriptor = state.descriptor else { throw Self.closed }
      try Self.append(Line(draft: draft), to: descriptor, path: path)
      state.drafts.append(draft)
    }
  }

  /// The server has the message, or will never have it.
  package func remove(_ id: MessageID) throws {
    try state.withLock { state throws in
      // What is answered after the end is sent once more by the next run, and stored once.
      guard let descriptor = state.descriptor else { return }
      state.drafts.removeAll { $0.id == id }
      if state.drafts.isEmpty {
        guard ftruncate(descriptor, 0) == 0 else {
          throw ProfileError("\(path) cannot be emptied: \(lastSystemError).")
        }
      } else {
        try Self.append(Line(done: id), to: descriptor, path: path)
      }
    }
  }

  private static let closed = ProfileError("The chat is closed already.")

  private static func append(_ line: Line, to descriptor: CInt, path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    // In front also a line end, which ends a line that was cut off.
    try PrivateFile.writeAll([10] + Array(encoder.encode(line)) + [10], to: descriptor, path: path)
    guard fdatasync(descriptor) == 0 else {
      throw ProfileError("\(path) cannot be written: \(lastSystemError).")
    }
  }

  private static func drafts(in bytes: [UInt8]) -> [Draft] {
    var drafts: [Draft] = []
    for text in bytes.split(separator: 10) {
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else { continue }
      if let draft = line.draft { drafts.append(draft) }
      if let done = line.done { drafts.removeAll { $0.id == done } }
    }
    return drafts
  }
}

extension Profile {
  package func outbox(of server: KnownServer) throws -> Outbox {
    try Outbox(
      folder: "\(folder)/outbox", key: "\(server.place)-\(server.account.lowercased())")
  }
}
