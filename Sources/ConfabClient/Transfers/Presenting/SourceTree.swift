import ConfabNetwork
package import ConfabTransfer
import Glibc

/// What was found to be sent, and where it lies. It keeps no file open and nothing for each file but
/// the manifest: a million of them fit.
package final class SourceTree: Sendable {
  /// Something that is not sent, and why.
  package struct Skipped: Hashable, Sendable {
    package let path: String
    /// Completes "PATH is not sent: it …".
    package let reason: String
  }

  /// A path that a person named.
  struct Top: Sendable {
    let entry: Int
    /// Absolute, without links.
    let path: String
  }

  package let manifest: Manifest
  package let skipped: [Skipped]
  private let tops: [Top]
  /// Files that take less room on the disk than they are long, in order.
  let sparseEntries: [Int]
  private let sparse: Set<Int>

  init(manifest: Manifest, tops: [Top], sparseEntries: [Int], skipped: [Skipped]) {
    self.manifest = manifest
    self.tops = tops
    self.sparseEntries = sparseEntries
    sparse = Set(sparseEntries)
    self.skipped = skipped
  }

  func isSparse(_ entry: Int) -> Bool {
    sparse.contains(entry)
  }

  /// Where an entry lies.
  package func path(of entry: Int) -> String {
    // Tops are in the order of their entries, so an entry belongs to the last at or before it.
    var low = 0
    var high = tops.count
    while low < high {
      let middle = (low + high) / 2
      if tops[middle].entry <= entry { low = middle + 1 } else { high = middle }
    }
    let top = tops[low - 1]
    return ([top.path] + manifest.path(of: entry).dropFirst()).joined(separator: "/")
  }

  /// Opens a file and makes sure that it still is what the manifest says.
  package func open(_ entry: Int) throws(SourceFault) -> OpenFile {
    // Were it a pipe by now, opening would wait for somebody to write.
    let descriptor = Glibc.open(path(of: entry), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw code == ENOENT || code == ENOTDIR
        ? .changed(entry: entry) : .unreadable(entry: entry, code: code)
    }
    let file = OpenFile(descriptor)
    try check(file, entry)
    return file
  }

  /// Throws when the file has another size or time than when it was found.
  package func check(_ file: OpenFile, _ entry: Int) throws(SourceFault) {
    let status: stat
    do { status = try file.status() } catch { throw .unreadable(entry: entry, code: error.code) }
    guard status.isFile, UInt64(clamping: status.st_size) == manifest.size(of: entry),
      status.modified == manifest[entry].modified
    else { throw .changed(entry: entry) }
  }
}

extension SourceTree {
  /// Compares the files of a range with the manifest.
  package func firstFault(in range: Range<UInt64>) -> SourceFault? {
    for piece in manifest.pieces(of: range) {
      do throws(SourceFault) { _ = try open(piece.entry) } catch { return error }
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
