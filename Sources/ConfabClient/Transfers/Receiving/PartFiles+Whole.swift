import ConfabNetwork
import ConfabTransfer
import Glibc
import Synchronization

// Files that come in one piece, as small ones do: each is made, written and given its mode and time at one
// go, beside its folder's descriptor, and is nowhere kept open. For ten thousand of them that is half of
// the work.
extension PartFiles {
  func isWhole(_ piece: Manifest.Piece) -> Bool {
    !isNameless && UInt64(piece.content.count) == manifest.size(of: piece.entry)
  }

  /// - Returns: false when there is such a file from an earlier attempt.
  func writeWhole(_ entry: Int, _ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Bool {
    let described = manifest[entry]
    let place = try place(of: entry, described)
    let mode = UInt32(described.mode) | Self.ownerBits
    let descriptor = openat(
      place.folder.descriptor, place.name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    guard descriptor >= 0 else {
      guard errno == EEXIST else { throw SystemError(latest: "open a file") }
      return false
    }
    let file = OpenFile(descriptor)
    shared.withLock { shared in
      shared.unsynced.insert(entry)
      shared.making.grown.insert(described.parent)
    }
    try file.write(bytes, at: 0)
    // A mode that its owner may not write under has to wait until nothing is written any more.
    guard mode == described.mode else { return true }
    try file.setTime(described.modified)
    shared.withLock { _ = $0.attributed.insert(entry) }
    return true
  }

  /// One that is there already, to be read.
  func openWhole(_ entry: Int) throws(SystemError) -> OpenFile {
    let place = try place(of: entry, manifest[entry])
    let descriptor = openat(
      place.folder.descriptor, place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError(latest: "open a file") }
    return OpenFile(descriptor)
  }

  /// Whether there is a file as long as it is to be.
  func isThere(_ entry: Int) throws(SystemError) -> Bool {
    let place = try place(of: entry, manifest[entry])
    var status = stat()
    return fstatat(place.folder.descriptor, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0
      && status.isFile && UInt64(clamping: status.st_size) == manifest.size(of: entry)
  }

  /// The folder that an entry is in, and its name there: no other part of its path is looked up again.
  private func place(
    of entry: Int, _ described: Manifest.Entry
  ) throws(SystemError) -> (folder: OpenFile, name: String) {
    guard let parent = described.parent else { return (folder.hidden, String(entry)) }
    let opened = try locked { shared throws(SystemError) in
      try shared.folders.file(parent) { () throws(SystemError) in
        try makeFolders(above: entry, &shared.making)
        return try folder.openBeneath(
          ReceivingFolder.place(of: parent, in: manifest), O_RDONLY | O_DIRECTORY)
      }
    }
    return (opened, ComposedName.of(described.name))
  }
}
