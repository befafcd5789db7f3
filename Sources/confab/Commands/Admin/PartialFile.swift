import Foundation
import Glibc

/// A file that gets its name when it is whole and on the disk: until then it is `NAME.partial`.
struct PartialFile {
  private let path: String
  private let descriptor: CInt

  private static let mode: mode_t = 0o600

  private var partial: String { path + ".partial" }

  /// Writes the file at `path`, or nothing.
  ///
  /// - Parameter replacing: whether a file of that name may be replaced.
  static func write(
    _ path: String, replacing: Bool, _ body: (PartialFile) async throws -> Void
  ) async throws {
    if !replacing { try refuseExisting(path) }
    let file = try PartialFile(path)
    do {
      try await body(file)
      try file.finish(replacing: replacing)
    } catch {
      file.giveUp()
      throw error
    }
  }

  private init(_ path: String) throws {
    self.path = path
    // Left behind by a copy that was interrupted.
    unlink(path + ".partial")
    descriptor = open(path + ".partial", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, Self.mode)
    guard descriptor >= 0 else { throw Self.failure(path) }
  }

  func write(_ bytes: Data) throws {
    try bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Glibc.write(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw Self.failure(path) }
        rest = rest.dropFirst(count)
      }
    }
  }

  private func finish(replacing: Bool) throws {
    guard fsync(descriptor) == 0 else { throw Self.failure(path) }
    if !replacing { try Self.refuseExisting(path) }
    guard rename(partial, path) == 0 else { throw Self.failure(path) }
    close(descriptor)
    Self.syncFolder(of: path)
  }

  private func giveUp() {
    close(descriptor)
    unlink(partial)
  }

  private static func refuseExisting(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) != 0 else {
      throw UsageError("\(path) is there already. Choose another name; nothing was overwritten.")
    }
  }

  /// Makes the new name durable.
  private static func syncFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func failure(_ path: String) -> UsageError {
    UsageError("\(path) cannot be written: \(String(cString: strerror(errno))).")
  }
}
