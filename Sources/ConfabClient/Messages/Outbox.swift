import ConfabDomain
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
    /// The file may end in a line that was cut off.
    var descriptor: CInt
  }

  private let path: String
  private let state: Mutex<State>

  /// - Parameter key: names the account and the place, so that nothing is sent as somebody else.
  init(folder: String, key: String) throws {
    try PrivateFile.makeFolder(folder)
    let lock = try FileLock("\(folder)/lock")
    defer { _ = consume lock }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    var drafts: [Draft] = []
    var abandoned: [(path: String, descriptor: CInt)] = []
    for name in names where name.hasPrefix("\(key)-") {
      let path = "\(folder)/\(name)"
      let descriptor = try PrivateFile.openForAppending(path)
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        // Its process runs.
        close(descriptor)
        continue
      }
      drafts += Self.drafts(in: try PrivateFile.read(path) ?? [])
      abandoned.append((path, descriptor))
    }
    drafts.sort { $0.at < $1.at }
    var generator = SystemRandomNumberGenerator()
    path = "\(folder)/\(key)-\([UInt8].random(count: 8, using: &generator).hex)"
    let descriptor = try PrivateFile.openForAppending(path)
    flock(descriptor, LOCK_EX)
    state = Mutex(State(drafts: [], descriptor: descriptor))
    for draft in drafts { try add(draft) }
    PrivateFile.syncFolder(of: path)
    // Only now: until here a crash leaves every message in one file at least.
    for file in abandoned {
      unlink(file.path)
      close(file.descriptor)
    }
  }

  deinit {
    let descriptor = state.withLock { state in
      if state.drafts.isEmpty { unlink(path) }
      return state.descriptor
    }
    close(descriptor)
  }

  package var drafts: [Draft] { state.withLock { $0.drafts } }

  /// When this returns the message is on disk.
  package func add(_ draft: Draft) throws {
    try state.withLock { state throws in
      guard !state.drafts.contains(where: { $0.id == draft.id }) else { return }
      guard state.drafts.count < Self.draftsMax else {
        throw ProfileError("Too many messages wait for the connection. Wait for it to come back.")
      }
      try append(Line(draft: draft), to: state.descriptor)
      state.drafts.append(draft)
    }
  }

  /// The server has the message, or will never have it.
  package func remove(_ id: MessageID) throws {
    try state.withLock { state throws in
      state.drafts.removeAll { $0.id == id }
      if state.drafts.isEmpty {
        guard ftruncate(state.descriptor, 0) == 0 else {
          throw ProfileError("\(path) cannot be emptied: \(lastSystemError).")
        }
      } else {
        try append(Line(done: id), to: state.descriptor)
      }
    }
  }

  private func append(_ line: Line, to descriptor: CInt) throws {
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
