package import ConfabNetwork
import ConfabTransfer
import Glibc
import Synchronization

// Making files.
extension PartFiles {
  /// While it grows a file is its owner's to read and write, whatever it will be later.
  static let ownerBits: UInt32 = 0o600
  static let folderBits: UInt32 = 0o700

  func make(_ entry: Int, _ making: inout Making) throws(SystemError) -> OpenFile {
    try makeFolders(above: entry, &making)
    let size = manifest.size(of: entry)
    let file = try folder.openBeneath(
      ReceivingFolder.place(of: entry, in: manifest), O_RDWR | O_CREAT | O_NOFOLLOW,
      mode: UInt32(manifest[entry].mode) | Self.ownerBits)
    let status = try file.status()
    guard status.isFile else { throw SystemError("write a file", code: EEXIST) }
    making.grown.insert(manifest.parent(of: entry))
    if UInt64(clamping: status.st_size) != size {
      guard ftruncate(file.descriptor, off_t(clamping: size)) == 0 else {
        throw SystemError(latest: "make a file as long as it will be")
      }
    }
    return file
  }

  func makeFolders(above entry: Int, _ making: inout Making) throws(SystemError) {
    guard let parent = manifest.parent(of: entry) else { return }
    try makeFolder(parent, &making)
  }

  private func makeFolder(_ entry: Int, _ making: inout Making) throws(SystemError) {
    guard !making.folders.contains(entry) else { return }
    try makeFolders(above: entry, &making)
    let place = ReceivingFolder.place(of: entry, in: manifest)
    let mode = mode_t(manifest[entry].mode) | mode_t(Self.folderBits)
    // The path above was made by us, and the folder that holds all of it is closed to others.
    guard mkdirat(folder.hidden.descriptor, place, mode) == 0 || errno == EEXIST else {
      throw SystemError(latest: "make a folder")
    }
    making.folders.insert(entry)
    making.grown.insert(manifest.parent(of: entry))
  }

  /// Makes what no byte of content has made: empty files and folders.
  package func makeEmptyOnes() throws(SystemError) {
    for entry in unpublished {
      if manifest.isFile(entry) {
        if manifest.size(of: entry) == 0 || isAllHole(entry) { _ = try file(entry) }
      } else {
        try locked { shared throws(SystemError) in try makeFolder(entry, &shared.making) }
      }
    }
  }

  private func isAllHole(_ entry: Int) -> Bool {
    let content = manifest.content(of: entry)
    return shared.withLock { $0.holes.contains(content) }
  }

  /// Gives all entries their modes and times, what is in a folder before the folder, and makes sure once
  /// more that each is there.
  package func setAttributes() throws(SystemError) {
    shared.withLock { $0.hasNewAttributes = true }
    let attributed = shared.withLock { $0.attributed }
    for entry in unpublished.reversed() {
      guard !attributed.contains(entry) else {
        guard try isThere(entry) else { throw SystemError("find a received file", code: ENOENT) }
        continue
      }
      let place = ReceivingFolder.place(of: entry, in: manifest)
      let described = manifest[entry]
      let file = try folder.openBeneath(place, O_RDONLY | O_NOFOLLOW)
      let status = try file.status()
      guard described.isFolder || UInt64(clamping: status.st_size) == described.size else {
        throw SystemError("find a received file as it was", code: EIO)
      }
      // The system took away what its owner's umask takes away when it was made.
      let given = UInt32(status.st_mode) & 0o777
      // A folder that may not be written to could not be moved to its place.
      let kept = described.isFolder && described.parent == nil ? Self.folderBits : 0
      let mode = given & (UInt32(described.mode) | kept)
      if mode != given, fchmod(file.descriptor, mode_t(mode)) != 0 {
        throw SystemError(latest: "set the permissions of a file")
      }
      try file.setTime(described.modified)
    }
  }

  /// The mode that a folder at the top could not have before it had its name.
  package func finishMode(ofTop entry: Int, named name: String) throws(SystemError) {
    let mode = UInt32(manifest[entry].mode)
    guard !manifest.isFile(entry), mode & Self.folderBits != Self.folderBits else { return }
    let descriptor = openat(
      folder.target.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    // After a crash it may have a mode already that does not let us.
    guard descriptor >= 0 else { return }
    let file = OpenFile(descriptor)
    let given = UInt32(try file.status().st_mode) & 0o777
    guard given & mode != given else { return }
    guard fchmod(descriptor, mode_t(given & mode)) == 0 else {
      throw SystemError(latest: "set the permissions of a folder")
    }
    try file.sync()
  }

  func syncEverything() throws(SystemError) {
    for entry in unpublished {
      let place = ReceivingFolder.place(of: entry, in: manifest)
      try folder.openBeneath(place, O_RDONLY | O_NOFOLLOW).sync()
    }
    try folder.hidden.sync()
  }

  var unpublished: [Int] {
    guard !published.isEmpty else { return Array(0..<manifest.count) }
    return (0..<manifest.count).filter { !isPublished($0) }
  }

  func isPublished(_ entry: Int) -> Bool {
    guard !published.isEmpty else { return false }
    var top = entry
    while let folder = manifest.parent(of: top) { top = folder }
    return published.contains(top)
  }
}
