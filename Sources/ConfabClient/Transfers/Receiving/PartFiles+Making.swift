package import ConfabNetwork
import ConfabTransfer
import Glibc
import Synchronization

// Making files.
extension PartFiles {
  /// While it grows a file is its owner's to read and write, whatever it will be later.
  private static let ownerBits: UInt32 = 0o600
  private static let folderBits: UInt32 = 0o700

  func make(_ entry: Int, _ made: inout Set<Int>) throws(SystemError) -> OpenFile {
    try makeFolders(above: entry, &made)
    let size = manifest.size(of: entry)
    let file = try folder.openBeneath(
      ReceivingFolder.place(of: entry, in: manifest), O_RDWR | O_CREAT | O_NOFOLLOW,
      mode: UInt32(manifest[entry].mode) | Self.ownerBits)
    let status = try file.status()
    guard status.isFile else { throw SystemError("write a file", code: EEXIST) }
    if UInt64(clamping: status.st_size) != size {
      guard ftruncate(file.descriptor, off_t(clamping: size)) == 0 else {
        throw SystemError(latest: "make a file as long as it will be")
      }
    }
    return file
  }

  private func makeFolders(above entry: Int, _ made: inout Set<Int>) throws(SystemError) {
    guard let parent = manifest.parent(of: entry), !made.contains(parent) else { return }
    try makeFolders(above: parent, &made)
    try makeFolder(parent)
    made.insert(parent)
  }

  private func makeFolder(_ entry: Int) throws(SystemError) {
    let place = ReceivingFolder.place(of: entry, in: manifest)
    let mode = mode_t(manifest[entry].mode) | mode_t(Self.folderBits)
    // The path above was made by us, and the folder that holds all of it is closed to others.
    guard mkdirat(folder.hidden.descriptor, place, mode) == 0 || errno == EEXIST else {
      throw SystemError(latest: "make a folder")
    }
  }

  /// Makes what no byte of content has made: empty files and folders.
  package func makeEmptyOnes() throws(SystemError) {
    for entry in unpublished {
      if manifest.isFile(entry) {
        if manifest.size(of: entry) == 0 || isAllHole(entry) { _ = try file(entry) }
      } else {
        let isMade = shared.withLock { $0.madeFolders.contains(entry) }
        if !isMade {
          try locked { shared throws(SystemError) in
            try makeFolders(above: entry, &shared.madeFolders)
          }
          try makeFolder(entry)
        }
      }
    }
  }

  private func isAllHole(_ entry: Int) -> Bool {
    let content = manifest.content(of: entry)
    return shared.withLock { $0.holes.contains(content) }
  }

  /// Gives all entries their modes and times, what is in a folder before the folder.
  package func setAttributes() throws(SystemError) {
    shared.withLock { $0.hasNewAttributes = true }
    for entry in unpublished.reversed() {
      let place = ReceivingFolder.place(of: entry, in: manifest)
      let described = manifest[entry]
      let file = try folder.openBeneath(place, O_RDONLY | O_NOFOLLOW)
      // The system took away what its owner's umask takes away when it was made.
      let given = UInt32(try file.status().st_mode) & 0o777
      let mode = given & UInt32(described.mode)
      if mode != given, fchmod(file.descriptor, mode_t(mode)) != 0 {
        throw SystemError(latest: "set the permissions of a file")
      }
      let time = timespec(
        tv_sec: time_t(described.modified.seconds), tv_nsec: Int(described.modified.nanoseconds))
      guard futimens(file.descriptor, [time, time]) == 0 else {
        throw SystemError(latest: "set the time of a file")
      }
    }
  }

  func syncEverything() throws(SystemError) {
    for entry in unpublished {
      let place = ReceivingFolder.place(of: entry, in: manifest)
      try folder.openBeneath(place, O_RDONLY | O_NOFOLLOW).sync()
    }
    try folder.hidden.sync()
  }

  private var unpublished: [Int] {
    guard !published.isEmpty else { return Array(0..<manifest.count) }
    return (0..<manifest.count).filter { entry in
      var top = entry
      while let folder = manifest.parent(of: top) { top = folder }
      return !published.contains(top)
    }
  }
}
