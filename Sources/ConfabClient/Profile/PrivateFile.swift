import Foundation
import Glibc

/// Files and folders that only their owner may open.
enum PrivateFile {
  private static let fileMode: mode_t = 0o600
  private static let folderMode: mode_t = 0o700

  /// Makes the folder and those above it where they are missing.
  static func makeFolder(_ path: String) throws {
    var made = ""
    for component in path.split(separator: "/", omittingEmptySubsequences: true) {
      made += (made.isEmpty && !path.hasPrefix("/") ? "" : "/") + component
      if mkdir(made, folderMode) != 0, errno != EEXIST {
        throw ProfileError("\(made) cannot be made: \(lastSystemError).")
      }
    }
    // A folder that was there before may be open to others.
    if chmod(path, folderMode) != 0 {
      throw ProfileError("\(path) cannot be made private: \(lastSystemError).")
    }
  }

  /// Nil when there is no such file.
  static func read(_ path: String) throws -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw ProfileError("\(path) cannot be read: \(lastSystemError).")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 { throw ProfileError("\(path) cannot be read: \(lastSystemError).") }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  /// Whoever reads the file sees the old bytes or the new ones, also after a power cut.
  static func replace(_ path: String, with bytes: [UInt8]) throws {
    let temporary = "\(path).\(getpid()).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, fileMode)
    guard descriptor >= 0 else {
      throw ProfileError("\(temporary) cannot be written: \(lastSystemError).")
    }
    do {
      defer { close(descriptor) }
      try writeAll(bytes, to: descriptor, path: temporary)
      guard fsync(descriptor) == 0 else {
        throw ProfileError("\(temporary) cannot be written: \(lastSystemError).")
      }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      throw ProfileError("\(path) cannot be replaced: \(lastSystemError).")
    }
    syncFolder(of: path)
  }

  static func writeAll(_ bytes: [UInt8], to descriptor: CInt, path: String) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw ProfileError("\(path) cannot be written: \(lastSystemError).")
      }
      written += count
    }
  }

  /// Makes the new name of a file durable.
  static func syncFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  static func openForAppending(_ path: String) throws -> CInt {
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, fileMode)
    guard descriptor >= 0 else {
      throw ProfileError("\(path) cannot be opened: \(lastSystemError).")
    }
    return descriptor
  }
}

var lastSystemError: String { String(cString: strerror(errno)) }

/// Something about the profile's folder that stands in the way, in words for the person.
package struct ProfileError: Error, Hashable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
