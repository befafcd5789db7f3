import Foundation

/// The folder that holds everything the server keeps. Only its owner may look into it.
struct DataFolder: Sendable {
  let path: String

  private static let folderMode: mode_t = 0o700
  private static let secretMode: mode_t = 0o600

  var adminSocket: String { path + "/admin.sock" }
  var ownerInvitation: String { path + "/owner-invitation" }
  var tlsFolder: String { path + "/tls" }
  var certificate: String { tlsFolder + "/certificate.pem" }
  var privateKey: String { tlsFolder + "/key.pem" }
  var archives: String { path + "/archives" }

  /// Makes the folder, and those above it, where they are missing.
  init(preparing path: String) throws {
    self.path = path
    try Self.makeFolder(path, withParents: true)
    try Self.makeFolder(tlsFolder)
    try Self.makeFolder(archives)
    guard access(path, W_OK | X_OK) == 0 else {
      throw StartFailure(
        "the data folder \(path) cannot be written (\(Self.reason())): check its owner and "
          + "permissions, or choose another with --data")
    }
  }

  static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes += chunk[..<count]
    }
  }

  /// Writes a file that only its owner may read; it is there whole or not at all.
  static func writeSecret(_ bytes: [UInt8], to path: String) throws {
    let temporary = path + ".new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secretMode)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw failure(path) }
      rest = rest.dropFirst(count)
    }
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw failure(path) }
  }

  static func makePrivate(_ path: String) throws {
    guard chmod(path, secretMode) == 0 else { throw failure(path) }
  }

  static func remove(_ path: String) {
    unlink(path)
  }

  private static func makeFolder(_ path: String, withParents: Bool = false) throws {
    if withParents, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      let parent = String(path[..<slash])
      if access(parent, F_OK) != 0 { try makeFolder(parent, withParents: true) }
    }
    if mkdir(path, folderMode) == 0 || errno == EEXIST {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
      else {
        throw StartFailure("\(path) is there, but it is no folder: choose another with --data")
      }
      return
    }
    throw failure(path)
  }

  private static func failure(_ path: String) -> StartFailure {
    StartFailure(
      "\(path) cannot be written (\(reason())): check the disk, the owner and the permissions, or "
        + "choose another folder with --data")
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
