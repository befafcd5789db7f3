import ConfabNetwork
package import ConfabTransfer
import Glibc

/// Finds what lies under the paths that a person named, in the order of the names' bytes, so that
/// the same files make the same manifest.
package struct SourceWalk: ~Copyable {
  /// What `st_blocks` counts (stat(2)), whatever blocks the file system has.
  static let statusBlockBytes = 512
  /// Names that become the same get numbers.
  private static let respellingsMax = 1_000

  private var builder: ManifestBuilder
  private var tops: [SourceTree.Top] = []
  private var sparseEntries: [Int] = []
  private var linkEntries: Set<Int> = []
  private var skipped: [SourceTree.Skipped] = []
  /// The named path, without links, that the walk is under.
  private var root = ""

  private init(rules: NameRules) {
    builder = ManifestBuilder(rules: rules)
  }

  /// - Throws: `SystemError` when a named path is not there or cannot be read, `FileFailure` when it
  ///   can be in no manifest. What lies deeper and cannot be sent is skipped and named.
  package static func find(_ paths: [String], rules: NameRules = .portable) throws -> SourceTree {
    var walk = SourceWalk(rules: rules)
    for path in paths { try walk.addTop(path) }
    let tops = walk.tops
    let (sparseEntries, linkEntries) = (walk.sparseEntries, walk.linkEntries)
    let skipped = walk.skipped
    return SourceTree(
      manifest: try walk.builder.finish(), tops: tops, sparseEntries: sparseEntries,
      linkEntries: linkEntries, skipped: skipped)
  }

  private mutating func addTop(_ path: String) throws {
    guard let resolved = realpath(path, nil) else { throw SystemError(latest: "find \(path)") }
    root = String(cString: resolved)
    free(resolved)
    var status = stat()
    guard stat(root, &status) == 0 else { throw SystemError(latest: "look at \(path)") }
    guard access(root, R_OK) == 0 else { throw SystemError(latest: "read \(path)") }
    // The link's own name where a link was named: that is what the person calls it.
    let name = Self.lastName(of: path) ?? Self.lastName(of: root) ?? ""
    if status.isFile {
      try add(file: Array(name.utf8), status)
      tops.append(.init(entry: builder.count - 1, path: root))
    } else if status.isFolder {
      try builder.openFolder(
        name: name.utf8, mode: UInt16(status.st_mode & 0o777), modified: status.modified)
      tops.append(.init(entry: builder.count - 1, path: root))
      let folder = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard folder >= 0 else { throw SystemError(latest: "open \(path)") }
      try addContents(of: OpenFile(folder), path: root)
      builder.closeFolder()
    } else {
      throw FileFailure(.badName, "\(path) is \(Self.kind(status)): only files and folders go.")
    }
  }

  /// Nil for paths that end in nothing, `.` or `..`.
  private static func lastName(of path: String) -> String? {
    let name = path.split(separator: "/").last.map(String.init)
    return name == "." || name == ".." ? nil : name
  }

  private mutating func addContents(of folder: OpenFile, path: String) throws {
    for name in try names(in: folder, path: path) {
      let child =
        path + "/" + String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      var status = stat()
      let found = name.withUnsafeBufferPointer {
        $0.baseAddress.map { fstatat(folder.descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }
      }
      // Gone since the folder was read: it is not there.
      guard found == 0 else { continue }
      try add(name, status, in: folder, path: child)
    }
  }

  private mutating func add(
    _ name: [CChar], _ status: stat, in folder: OpenFile, path: String
  ) throws {
    let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
    do {
      if status.isFolder {
        try addFolder(bytes, name, status, in: folder, path: path)
      } else if status.isFile {
        try addFile(bytes, status, path: path)
      } else if status.st_mode & S_IFMT == S_IFLNK {
        try addLink(bytes, path: path)
      } else {
        skip(path, "is \(Self.kind(status))")
      }
    } catch let failure as FileFailure {
      switch failure.code {
      case .badName, .nameCollision, .nameTooLong, .tooDeep:
        skipped.append(.init(path: path, reason: failure.text))
      default: throw failure
      }
    }
  }

  private mutating func addFile(_ name: [UInt8], _ status: stat, path: String) throws {
    guard access(path, R_OK) == 0 else { return skip(path, "cannot be read") }
    try add(file: name, status)
  }

  private mutating func add(file name: [UInt8], _ status: stat) throws(FileFailure) {
    try builder.addFile(
      name: name, size: UInt64(clamping: status.st_size),
      mode: UInt16(status.st_mode & 0o777), modified: status.modified)
    let isSparse = Int(status.st_blocks) * Self.statusBlockBytes < Int(status.st_size)
    if isSparse, UInt64(clamping: status.st_size) >= FileLimits.holeBytesMin {
      sparseEntries.append(builder.count - 1)
    }
  }

  private mutating func addFolder(
    _ bytes: [UInt8], _ name: [CChar], _ status: stat, in folder: OpenFile, path: String
  ) throws {
    let descriptor = name.withUnsafeBufferPointer { pointer in
      pointer.baseAddress.map {
        openat(folder.descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      } ?? -1
    }
    guard descriptor >= 0 else { return skip(path, "cannot be read") }
    let inner = OpenFile(descriptor)
    try builder.openFolder(
      name: bytes, mode: UInt16(status.st_mode & 0o777), modified: status.modified)
    try addContents(of: inner, path: path)
    builder.closeFolder()
  }

  /// A link to a file that is sent too is sent as that file; links to folders could go in circles.
  private mutating func addLink(_ name: [UInt8], path: String) throws {
    guard let resolved = realpath(path, nil) else {
      return skip(path, "is a link to something that is not there")
    }
    let target = String(cString: resolved)
    free(resolved)
    var status = stat()
    guard target.hasPrefix(root + "/") else { return skip(path, "is a link that leads outside") }
    guard stat(target, &status) == 0, status.isFile else {
      return skip(path, "is a link to something that is not a file")
    }
    let count = builder.count
    try addFile(name, status, path: path)
    if builder.count > count { linkEntries.insert(count) }
  }

  /// - Parameter reason: what is said of it.
  private mutating func skip(_ path: String, _ reason: String) {
    skipped.append(.init(path: path, reason: "It \(reason)."))
  }

  /// With their closing zeros, sorted.
  private func names(in folder: OpenFile, path: String) throws(SystemError) -> [[CChar]] {
    // The stream takes its descriptor over, and the walk still needs its own.
    guard let stream = fdopendir(fcntl(folder.descriptor, F_DUPFD_CLOEXEC, 0)) else {
      throw SystemError(latest: "read the folder \(path)")
    }
    defer { closedir(stream) }
    var names: [[CChar]] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
      }
      if name != [46, 0] && name != [46, 46, 0] { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw SystemError(latest: "read the folder \(path)") }
    return names.sorted { a, b in
      a.lexicographicallyPrecedes(b) { UInt8(bitPattern: $0) < UInt8(bitPattern: $1) }
    }
  }

  private static func kind(_ status: stat) -> String {
    switch status.st_mode & S_IFMT {
    case S_IFSOCK: "a socket"
    case S_IFIFO: "a pipe"
    case S_IFCHR, S_IFBLK: "a device"
    default: "neither a file nor a folder"
    }
  }
}
