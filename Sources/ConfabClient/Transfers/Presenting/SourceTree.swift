import CLinux
import ConfabNetwork
package import ConfabTransfer
import Glibc
import Synchronization

/// What was found to be sent, and where it lies. It keeps open only the folders that were needed last,
/// and nothing for each file but the manifest: a million of them fit.
package final class SourceTree: Sendable {
  /// Something that is not sent, and why.
  package struct Skipped: Hashable, Sendable {
    package let path: String
    /// A sentence.
    package let reason: String
    /// It holds content, so that something is missing without it; a pipe or a link holds none.
    package let isMissed: Bool
  }

  /// Something that is sent under another name.
  package struct Respelled: Hashable, Sendable {
    package let path: String
    package let name: String
  }

  /// A path that a person named.
  struct Top: Sendable {
    let entry: Int
    /// Absolute, without links.
    let path: String
  }

  package let manifest: Manifest
  package let skipped: [Skipped]
  package let respelled: [Respelled]
  /// What those are called on the disk, by their entries; not always UTF-8.
  private let diskNames: [Int: [UInt8]]
  private let tops: [Top]
  /// Files that take less room on the disk than they are long, in order.
  let sparseEntries: [Int]
  private let sparse: Set<Int>
  /// Links to files that are sent too. Nothing else is followed: somebody may have put a link in a file's
  /// place since the walk.
  private let linkEntries: Set<Int>
  /// By their entries. What is in them is found without looking up all of its path again.
  private let folders = Mutex(OpenFiles())

  init(
    manifest: Manifest, tops: [Top], sparseEntries: [Int], linkEntries: Set<Int> = [],
    diskNames: [Int: [UInt8]] = [:], skipped: [Skipped], respelled: [Respelled] = []
  ) {
    self.manifest = manifest
    self.tops = tops
    self.sparseEntries = sparseEntries
    sparse = Set(sparseEntries)
    self.linkEntries = linkEntries
    self.diskNames = diskNames
    self.respelled = respelled
    self.skipped = skipped
  }

  func isSparse(_ entry: Int) -> Bool {
    sparse.contains(entry)
  }

  /// Where an entry lies.
  package func path(of entry: Int) -> String {
    String(decoding: pathBytes(of: entry), as: UTF8.self)
  }

  private func pathBytes(of entry: Int) -> [UInt8] {
    let inner = pathBytesBeneathTop(of: entry)
    return Array(top(of: entry).path.utf8) + (inner.isEmpty ? [] : [UInt8(ascii: "/")] + inner)
  }

  private func pathBytesBeneathTop(of entry: Int) -> [UInt8] {
    var names: [[UInt8]] = []
    var entry = entry
    while let folder = manifest.parent(of: entry) {
      names.append(nameBytes(of: entry))
      entry = folder
    }
    return Array(names.reversed().joined(separator: [UInt8(ascii: "/")]))
  }

  private func nameBytes(of entry: Int) -> [UInt8] {
    diskNames[entry] ?? Array(manifest.nameBytes(of: entry))
  }

  private func top(of entry: Int) -> Top {
    // Tops are in the order of their entries, so an entry belongs to the last at or before it.
    var low = 0
    var high = tops.count
    while low < high {
      let middle = (low + high) / 2
      if tops[middle].entry <= entry { low = middle + 1 } else { high = middle }
    }
    return tops[low - 1]
  }

  /// Opens a file and makes sure that it still is what the manifest says.
  package func open(_ entry: Int) throws(SourceFault) -> OpenFile {
    let place = try place(of: entry)
    // Were it a pipe by now, opening would wait for somebody to write.
    let descriptor = openat(
      place.folder?.descriptor ?? AT_FDCWD, place.name,
      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard descriptor >= 0 else { throw fault(of: entry) }
    let file = OpenFile(descriptor)
    try check(file, entry)
    return file
  }

  /// The folder that an entry is in, and its name there; of what a person named, and of links, a path
  /// without links.
  private func place(
    of entry: Int
  ) throws(SourceFault) -> (folder: OpenFile?, name: [CChar]) {
    guard let parent = manifest.parent(of: entry) else {
      return (nil, pathBytes(of: entry).asCString)
    }
    if linkEntries.contains(entry) { return (nil, try target(of: entry)) }
    let folder = folders.withLock { folders -> Result<OpenFile, SystemError> in
      do throws(SystemError) {
        return .success(
          try folders.file(parent) { () throws(SystemError) in
            try openFolder(parent)
          })
      } catch {
        return .failure(error)
      }
    }
    switch folder {
    case .success(let folder): return (folder, nameBytes(of: entry).asCString)
    case .failure(let error): throw fault(of: entry, code: error.code)
    }
  }

  /// Goes through no link beneath what a person named.
  private func openFolder(_ entry: Int) throws(SystemError) -> OpenFile {
    let top = top(of: entry)
    let opened = Glibc.open(top.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0 else { throw SystemError(latest: "open a folder") }
    let root = OpenFile(opened)
    guard entry != top.entry else { return root }
    let path = pathBytesBeneathTop(of: entry).asCString
    let descriptor = clinux_open_beneath(root.descriptor, path, O_RDONLY | O_DIRECTORY, 0)
    guard descriptor >= 0 else { throw SystemError("open a folder", code: -descriptor) }
    return OpenFile(descriptor)
  }

  /// Where a link leads, which must still be beneath what a person named.
  private func target(of entry: Int) throws(SourceFault) -> [CChar] {
    guard let resolved = realpath(pathBytes(of: entry).asCString, nil) else {
      throw fault(of: entry)
    }
    defer { free(resolved) }
    let target = Array(UnsafeBufferPointer(start: resolved, count: strlen(resolved) + 1))
    let root = Array(top(of: entry).path.utf8) + [UInt8(ascii: "/")]
    guard target.starts(with: root.asCString.dropLast()) else { throw .changed(entry: entry) }
    return target
  }

  /// What the system says of an entry.
  private func fault(of entry: Int, code: Int32 = errno) -> SourceFault {
    [ENOENT, ENOTDIR, ELOOP].contains(code)
      ? .changed(entry: entry) : .unreadable(entry: entry, code: code)
  }

  /// Throws when the file has another size or time than when it was found.
  package func check(_ file: OpenFile, _ entry: Int) throws(SourceFault) {
    let status: stat
    do { status = try file.status() } catch { throw .unreadable(entry: entry, code: error.code) }
    try compare(status, entry)
  }

  /// The same without opening it.
  func check(_ entry: Int) throws(SourceFault) {
    let place = try place(of: entry)
    var status = stat()
    let folder = place.folder?.descriptor ?? AT_FDCWD
    guard fstatat(folder, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw fault(of: entry)
    }
    try compare(status, entry)
  }

  private func compare(_ status: stat, _ entry: Int) throws(SourceFault) {
    guard status.isFile, UInt64(clamping: status.st_size) == manifest.size(of: entry),
      status.modified == manifest[entry].modified
    else { throw .changed(entry: entry) }
  }
}

extension SourceTree {
  /// Compares the files of a range with the manifest.
  package func firstFault(in range: Range<UInt64>) -> SourceFault? {
    for piece in manifest.pieces(of: range) {
      do throws(SourceFault) { try check(piece.entry) } catch { return error }
    }
    return nil
  }
}

/// Why a file can no longer be sent.
package enum SourceFault: Error, Hashable, Sendable {
  /// Somebody changed or removed it since it was found.
  case changed(entry: Int)
  case unreadable(entry: Int, code: Int32)
}

extension [UInt8] {
  /// With the zero at the end.
  fileprivate var asCString: [CChar] { map { CChar(bitPattern: $0) } + [0] }
}
