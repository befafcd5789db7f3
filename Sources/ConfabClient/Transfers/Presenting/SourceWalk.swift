import ConfabNetwork
package import ConfabTransfer
import Glibc

/// What becomes of a file whose name is not stored the same everywhere.
package enum UnfitNames: String, CaseIterable, Sendable {
  /// It is left out, and named.
  case skip
  /// It is sent under a name that can be.
  case respell
  /// Nothing is sent at all.
  case refuse
}

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
  private var respelled: [SourceTree.Respelled] = []
  private var diskNames: [Int: [UInt8]] = [:]
  private let unfit: UnfitNames
  /// The named path, without links, that the walk is under.
  private var root = ""

  private init(_ unfit: UnfitNames, rules: NameRules) {
    self.unfit = unfit
    builder = ManifestBuilder(rules: rules)
  }

  /// - Throws: `SystemError` when a named path is not there or cannot be read, `FileFailure` when it
  ///   can be in no manifest. What lies deeper and cannot be sent is skipped and named.
  package static func find(
    _ paths: [String], unfit: UnfitNames = .skip, rules: NameRules = .portable
  ) throws -> SourceTree {
    var walk = SourceWalk(unfit, rules: rules)
    for path in paths { try walk.addTop(path) }
    let tops = walk.tops
    let (sparseEntries, linkEntries) = (walk.sparseEntries, walk.linkEntries)
    let (skipped, respelled, diskNames) = (walk.skipped, walk.respelled, walk.diskNames)
    return SourceTree(
      manifest: try walk.builder.finish(), tops: tops, sparseEntries: sparseEntries,
      linkEntries: linkEntries, diskNames: diskNames, skipped: skipped, respelled: respelled)
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
      try add(file: Array(name.utf8), status, path: path)
      tops.append(.init(entry: builder.count - 1, path: root))
    } else if status.isFolder {
      try openFolder(Array(name.utf8), status, path: path)
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
        try addFile(bytes, status, isReadable: Self.isReadable(name, in: folder), path: path)
      } else if status.st_mode & S_IFMT == S_IFLNK {
        try addLink(bytes, path: path)
      } else {
        skip(path, "is \(Self.kind(status))")
      }
    } catch let failure as FileFailure {
      switch failure.code {
      case .badName, .nameCollision, .nameTooLong, .tooDeep:
        guard unfit != .refuse else { throw failure }
        skipped.append(.init(path: path, reason: failure.text, isMissed: true))
      default: throw failure
      }
    }
  }

  private static func isReadable(_ name: [CChar], in folder: OpenFile) -> Bool {
    name.withUnsafeBufferPointer { pointer in
      pointer.baseAddress.map { faccessat(folder.descriptor, $0, R_OK, 0) } == 0
    }
  }

  private mutating func addFile(
    _ name: [UInt8], _ status: stat, isReadable: Bool, path: String
  ) throws {
    guard isReadable else { return miss(path, "cannot be read") }
    try add(file: name, status, path: path)
  }

  private mutating func add(file name: [UInt8], _ status: stat, path: String) throws(FileFailure) {
    try addNamed(name, isFolder: false, path: path) { builder, name throws(FileFailure) in
      try builder.addFile(
        name: name, size: UInt64(clamping: status.st_size),
        mode: UInt16(status.st_mode & 0o777), modified: status.modified)
    }
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
    guard descriptor >= 0 else { return miss(path, "cannot be read") }
    let inner = OpenFile(descriptor)
    try openFolder(bytes, status, path: path)
    try addContents(of: inner, path: path)
    builder.closeFolder()
  }

  private mutating func openFolder(
    _ name: [UInt8], _ status: stat, path: String
  ) throws(FileFailure) {
    try addNamed(name, isFolder: true, path: path) { builder, name throws(FileFailure) in
      try builder.openFolder(
        name: name, mode: UInt16(status.st_mode & 0o777), modified: status.modified)
    }
  }

  /// Adds an entry under its name, or under one that can be stored everywhere.
  private mutating func addNamed(
    _ name: [UInt8], isFolder: Bool, path: String,
    _ add: (inout ManifestBuilder, [UInt8]) throws(FileFailure) -> Void
  ) throws(FileFailure) {
    do throws(FileFailure) {
      return try add(&builder, name)
    } catch {
      guard unfit == .respell, error.code == .badName || error.code == .nameCollision else {
        throw error
      }
    }
    for attempt in 1...Self.respellingsMax {
      let spelled = FileName.respelled(name, isFolder: isFolder, attempt: attempt)
      do throws(FileFailure) {
        try add(&builder, Array(spelled.utf8))
        diskNames[builder.count - 1] = name
        return respelled.append(.init(path: path, name: spelled))
      } catch {
        guard error.code == .nameCollision, attempt < Self.respellingsMax else { throw error }
      }
    }
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
    try addFile(name, status, isReadable: access(path, R_OK) == 0, path: path)
    if builder.count > count { linkEntries.insert(count) }
  }

  /// - Parameter reason: what is said of it.
  private mutating func skip(_ path: String, _ reason: String) {
    skipped.append(.init(path: path, reason: "It \(reason).", isMissed: false))
  }

  /// The same of what holds content, so that something is missing without it.
  private mutating func miss(_ path: String, _ reason: String) {
    skipped.append(.init(path: path, reason: "It \(reason).", isMissed: true))
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
