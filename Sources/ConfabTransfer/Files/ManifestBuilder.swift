import Crypto

/// Makes a manifest, entry by entry in the order of a walk, and refuses what no manifest may hold.
///
/// The presenter's walk feeds it (names in the order of their bytes, so that the same files make the
/// same manifest), and so does the decoder of what a peer sent: one set of rules for both. An entry
/// that is refused changes nothing, so that a walk can name it, skip it and go on.
package struct ManifestBuilder {
  private struct OpenFolder {
    var entry: Int
    var pathBytes: Int
    var names: Set<Int> = []
  }

  private let rules: NameRules
  private var manifest = Manifest()
  /// The folders that the next entry may be in, outermost first.
  private var open: [OpenFolder] = []
  private var topNames: Set<Int> = []
  /// Folders that were left since the last entry, which is how entries say where they are.
  private var ascent = 0
  private var hasher = SHA256()

  package init(rules: NameRules = .portable) {
    self.rules = rules
    hasher.update(bytes: Array("confab manifest 1".utf8))
  }

  package var count: Int { manifest.count }
  package var depth: Int { open.count }

  package mutating func addFile(
    name: some Collection<UInt8>, size: UInt64, mode: UInt16, modified: FileTime
  ) throws(FileFailure) {
    try add(Array(name), size: size, mode: mode & 0o777, modified: modified)
    manifest.fileCount += 1
  }

  /// What is added next is in this folder, until it is closed.
  package mutating func openFolder(
    name: some Collection<UInt8>, mode: UInt16, modified: FileTime
  ) throws(FileFailure) {
    guard open.count + 1 < FileLimits.depthMax else {
      throw FileFailure(
        .tooDeep,
        "\(shown(Array(name))) is \(FileLimits.depthMax) folders deep: pack it into an archive.")
    }
    let above = open.last?.pathBytes ?? 0
    let name = Array(name)
    try add(name, size: 0, mode: mode & 0o777 | Manifest.folderFlag, modified: modified)
    open.append(OpenFolder(entry: manifest.count - 1, pathBytes: above + name.count + 1))
  }

  package mutating func closeFolder() {
    precondition(!open.isEmpty, "no folder is open")
    open.removeLast()
    ascent += 1
  }

  package consuming func finish() throws(FileFailure) -> Manifest {
    guard manifest.count > 0 else {
      throw FileFailure(.emptyManifest, "There is nothing to send.")
    }
    hasher.update(UInt64(manifest.count))
    hasher.update(manifest.contentBytes)
    manifest.hash = hasher.finish()
    return manifest
  }

  private mutating func add(
    _ name: [UInt8], size: UInt64, mode: UInt16, modified: FileTime
  ) throws(FileFailure) {
    try checkRoom(for: name, size: size)
    if let fault = FileName.fault(in: name, rules: rules) {
      throw FileFailure(.badName, "The name \(shown(name)) \(fault.words).")
    }
    guard (0..<1_000_000_000).contains(modified.nanoseconds),
      modified.seconds.magnitude < ControlWriter.signedMax
    else { throw .malformed("The time of \(shown(name)) is none.") }
    let key = collisionKey(name)
    guard insert(key) else {
      throw FileFailure(
        .nameCollision,
        "\(shown(name)) and \(shown(sibling(with: key))) cannot be told apart on some systems: "
          + "rename one.")
    }
    let entry = WireEntry(
      ascent: ascent, name: name, size: size, mode: mode, modified: modified)
    var writer = ControlWriter()
    entry.encode(into: &writer)
    hasher.update(bytes: writer.bytes)
    manifest.encodedBytes += writer.bytes.count
    append(entry)
    ascent = 0
  }

  private func checkRoom(for name: [UInt8], size: UInt64) throws(FileFailure) {
    guard manifest.count < FileLimits.entriesMax else {
      throw FileFailure(
        .tooManyEntries,
        "These are more than \(FileLimits.entriesMax) files: pack them into an archive.")
    }
    let pathBytes = (open.last?.pathBytes ?? 0) + name.count
    guard pathBytes <= FileLimits.pathBytesMax,
      manifest.names.count + name.count <= FileLimits.manifestNameBytesMax
    else { throw FileFailure(.nameTooLong, "The path of \(shown(name)) is too long.") }
    guard size <= FileLimits.contentBytesMax,
      manifest.contentBytes + size <= FileLimits.contentBytesMax
    else {
      throw FileFailure(
        .contentTooLong, "More than \(FileLimits.contentBytesMax >> 40) TiB do not go at once.")
    }
  }

  private mutating func append(_ entry: WireEntry) {
    manifest.names += entry.name
    manifest.nameEnds.append(UInt32(manifest.names.count))
    manifest.parents.append(open.last.map { UInt32($0.entry) } ?? Manifest.noParent)
    manifest.modes.append(entry.mode)
    manifest.seconds.append(entry.modified.seconds)
    manifest.nanoseconds.append(entry.modified.nanoseconds)
    manifest.starts.append(manifest.contentBytes)
    manifest.contentBytes += entry.size
  }

  /// Sixty-four bits for each name instead of the name: two of a million that are different have the
  /// same with a chance of 3 in 100 million, and then a transfer is refused that need not be.
  private func collisionKey(_ name: [UInt8]) -> Int {
    let text = String(decoding: name, as: UTF8.self)
    // It differs from process to process, but what is asked does not: whether two names have the same
    // one. Nothing else makes composed and decomposed letters equal without Foundation.
    var hasher = Hasher.init()
    switch rules {
    case .portable: hasher.combine(FileName.folded(text))
    case .linux: hasher.combine(bytes: name)
    }
    return hasher.finalize()
  }

  /// Only names in the same folder can collide; a folder that was left takes no more.
  private mutating func insert(_ key: Int) -> Bool {
    if open.isEmpty { return topNames.insert(key).inserted }
    return open[open.count - 1].names.insert(key).inserted
  }

  private func sibling(with key: Int) -> [UInt8] {
    let parent = open.last.map { UInt32($0.entry) } ?? Manifest.noParent
    for entry in 0..<manifest.count where manifest.parents[entry] == parent {
      let name = Array(manifest.nameBytes(of: entry))
      if collisionKey(name) == key { return name }
    }
    return Array("another".utf8)
  }

  private func shown(_ name: [UInt8]) -> String {
    let folder = open.last.map { manifest.pathText(of: $0.entry) + "/" } ?? ""
    return "\"\(folder)\(FileName.shown(name))\""
  }
}

extension Hasher {
  fileprivate mutating func combine(bytes: [UInt8]) {
    bytes.withUnsafeBytes { combine(bytes: $0) }
  }
}
