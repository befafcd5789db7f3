import ConfabClient
import ConfabNetwork
import ConfabTransfer
import Glibc
import Testing

@Suite struct PartFilesTests {
  private static let identity = TransferIdentity(
    presenterKey: ContentHash(repeating: 1), manifest: ContentHash(repeating: 2))

  private static func manifest() throws -> Manifest {
    var builder = ManifestBuilder()
    let time = FileTime(seconds: 1_000_000_000, nanoseconds: 5)
    try builder.addFile(name: "one".utf8, size: 10, mode: 0o640, modified: time)
    try builder.openFolder(name: "dir".utf8, mode: 0o555, modified: time)
    try builder.openFolder(name: "empty".utf8, mode: 0o755, modified: time)
    builder.closeFolder()
    try builder.addFile(name: "two".utf8, size: 200_000, mode: 0o444, modified: time)
    try builder.addFile(name: "nothing".utf8, size: 0, mode: 0o644, modified: time)
    builder.closeFolder()
    return try builder.finish()
  }

  @Test func `content in any order becomes files with their modes and times`() throws {
    let folder = ScratchFolder()
    let manifest = try Self.manifest()
    let receiving = try ReceivingFolder(folder.path, identity: Self.identity)
    let files = PartFiles(manifest, in: receiving)
    let content = patternBytes(200_010)
    for start in stride(from: 199_000, through: 0, by: -1_000) {
      let end = start == 199_000 ? content.count : start + 1_000
      try content[start..<end].withUnsafeBytes { bytes in try files.write(bytes, at: UInt64(start))
      }
    }
    try files.makeEmptyOnes()
    try files.setAttributes()
    try files.sync()
    // Nothing has its name before it is complete.
    #expect(folder.names == [Self.identity.folderName])
    for (entry, name) in [(0, "ann_one"), (1, "ann_dir")] {
      #expect(try receiving.publish(entry, as: name))
      try files.finishMode(ofTop: entry, named: name)
    }
    try receiving.syncNames()
    receiving.removeHidden()
    #expect(folder.names == ["ann_dir", "ann_one"])
    #expect(folder.read("ann_one") == Array(content[..<10]))
    #expect(folder.read("ann_dir/two") == Array(content[10...]))
    #expect(folder.read("ann_dir/nothing") == [])
    #expect(ScratchFolder.names(in: folder.path + "/ann_dir/empty").isEmpty)
    #expect(folder.status("ann_one").st_mode & 0o777 == 0o640)
    #expect(folder.status("ann_dir").st_mode & 0o777 == 0o555)
    #expect(folder.status("ann_dir/two").st_mode & 0o777 == 0o444)
    #expect(folder.status("ann_dir/two").st_mtim.tv_sec == 1_000_000_000)
    #expect(folder.status("ann_dir").st_mtim.tv_nsec == 5)
  }

  /// Linux moves a folder only if it may be written to.
  @Test func `a folder gets a mode without writing after its name`() throws {
    let folder = ScratchFolder()
    let manifest = try Self.manifest()
    let receiving = try ReceivingFolder(folder.path, identity: Self.identity)
    let files = PartFiles(manifest, in: receiving)
    try patternBytes(200_010).withUnsafeBytes { bytes in try files.write(bytes, at: 0) }
    try files.makeEmptyOnes()
    try files.setAttributes()
    let hidden = Self.identity.folderName
    #expect(folder.status(hidden + "/1").st_mode & 0o777 == 0o755)
    #expect(try receiving.publish(1, as: "ann_dir"))
    try files.finishMode(ofTop: 1, named: "ann_dir")
    #expect(folder.status("ann_dir").st_mode & 0o777 == 0o555)
    // Once more, as after a crash.
    try files.finishMode(ofTop: 1, named: "ann_dir")
    #expect(folder.status("ann_dir").st_mtim.tv_nsec == 5)
  }

  @Test func `modes that were given already do not keep an attempt from going on`() throws {
    let folder = ScratchFolder()
    let manifest = try Self.manifest()
    let receiving = try ReceivingFolder(folder.path, identity: Self.identity)
    do {
      let files = PartFiles(manifest, in: receiving)
      try patternBytes(200_010).withUnsafeBytes { bytes in try files.write(bytes, at: 0) }
      try files.makeEmptyOnes()
      try files.setAttributes()
    }
    let two = Self.identity.folderName + "/1/two"
    #expect(folder.status(two).st_mode & 0o777 == 0o444)
    let files = PartFiles(manifest, in: receiving)
    try files.regainAccess()
    #expect(folder.status(two).st_mode & 0o777 == 0o644)
    try files.setAttributes()
    #expect(folder.status(two).st_mode & 0o777 == 0o444)
  }

  @Test func `a file that went away is not claimed to be there`() throws {
    let folder = ScratchFolder()
    let receiving = try ReceivingFolder(folder.path, identity: Self.identity)
    let files = PartFiles(try Self.manifest(), in: receiving)
    try patternBytes(200_010).withUnsafeBytes { bytes in try files.write(bytes, at: 0) }
    try files.makeEmptyOnes()
    truncate(folder.path + "/" + Self.identity.folderName + "/1/two", 100)
    #expect(throws: SystemError.self) { try files.setAttributes() }
  }

  @Test(.enabled(if: geteuid() == 0, "only root may give folders away"))
  func `a hidden folder of somebody else is not used`() throws {
    let folder = ScratchFolder()
    folder.makeFolder(Self.identity.folderName)
    #expect(chown(folder.path + "/" + Self.identity.folderName, 65_534, 65_534) == 0)
    #expect(throws: ReceivingFolder.Fault.foreign(Self.identity.folderName)) {
      _ = try ReceivingFolder(folder.path, identity: Self.identity)
    }
  }

  @Test func `nothing is ever renamed over something`() throws {
    let folder = ScratchFolder()
    let receiving = try ReceivingFolder(folder.path, identity: Self.identity)
    let files = PartFiles(try Self.manifest(), in: receiving)
    try patternBytes(10).withUnsafeBytes { bytes in try files.write(bytes, at: 0) }
    folder.write([42], to: "taken")
    #expect(try !receiving.publish(0, as: "taken"))
    #expect(folder.read("taken") == [42])
    #expect(receiving.isHidden(0))
    #expect(try receiving.publish(0, as: "free"))
    #expect(!receiving.isHidden(0))
  }

  @Test func `a link in the hidden folder leads nowhere`() throws {
    let folder = ScratchFolder()
    let outside = ScratchFolder()
    let receiving = try ReceivingFolder(folder.path, identity: Self.identity)
    let hidden = folder.path + "/" + Self.identity.folderName
    symlink(outside.path, hidden + "/1")
    symlink(outside.path + "/stolen", hidden + "/0")
    let files = PartFiles(try Self.manifest(), in: receiving)
    for offset: UInt64 in [0, 100] {
      #expect(throws: (any Error).self) {
        try patternBytes(5).withUnsafeBytes { bytes in try files.write(bytes, at: offset) }
      }
    }
    #expect(outside.names.isEmpty)
  }

  @Test func `two at once do not receive the same`() throws {
    let folder = ScratchFolder()
    let first = try ReceivingFolder(folder.path, identity: Self.identity)
    #expect(throws: ReceivingFolder.Fault.busy) {
      _ = try ReceivingFolder(folder.path, identity: Self.identity)
    }
    withExtendedLifetime(first) {}
  }

  @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
  func `a folder that is read-only is refused`() throws {
    let folder = ScratchFolder()
    chmod(folder.path, 0o500)
    #expect {
      _ = try ReceivingFolder(folder.path, identity: Self.identity)
    } throws: { error in
      guard case .system(let system)? = error as? ReceivingFolder.Fault else { return false }
      return DiskFault(system) == .notWritable
    }
  }

  @Test func `holes take no room and read as zeros, whatever was there`() throws {
    let folder = ScratchFolder()
    var builder = ManifestBuilder()
    let size: UInt64 = 40 << 20
    try builder.addFile(
      name: "sparse".utf8, size: size, mode: 0o644, modified: FileTime(seconds: 0))
    let manifest = try builder.finish()
    let receiving = try ReceivingFolder(folder.path, identity: Self.identity)
    let files = PartFiles(manifest, in: receiving)
    let data = patternBytes(1 << 20)
    try data.withUnsafeBytes { bytes in try files.write(bytes, at: 4 << 20) }
    try files.makeHole(0..<size - 1 << 20)
    try data.withUnsafeBytes { bytes in try files.write(bytes, at: size - 1 << 20) }
    try files.sync()
    #expect(try receiving.publish(0, as: "sparse"))
    let status = folder.status("sparse")
    #expect(UInt64(status.st_size) == size)
    #expect(status.st_blocks * 512 < 4 << 20)
    let read = try #require(folder.read("sparse"))
    #expect(read.dropLast(1 << 20).allSatisfy { $0 == 0 })
    #expect(Array(read.suffix(1 << 20)) == data)
  }

  @Test func `a journal that was torn is cut where it is whole`() throws {
    let folder = ScratchFolder()
    let receiving = try ReceivingFolder(folder.path, identity: Self.identity)
    let layout = LeafLayout(contentBytes: 10 << 20)
    let writer = ResumeJournalWriter(Self.identity, layout: layout)
    let path = "\(folder.path)/\(Self.identity.folderName)/\(JournalFile.name)"
    func open() throws -> ResumeState {
      let file = try JournalFile.open(in: receiving, identity: Self.identity, layout: layout)
      return file.state
    }
    #expect(try open().leaves.isEmpty)
    do {
      var file = try JournalFile.open(in: receiving, identity: Self.identity, layout: layout)
      try file.append(writer.encode(.leaves(first: 0, [ContentHash(repeating: 8)])))
      try file.append(writer.encode(.leaves(first: 1, [ContentHash(repeating: 9)])))
      try file.sync()
    }
    let whole = try #require(ScratchFolder.read(path))
    truncate(path, off_t(whole.count - 3))
    #expect(try open().leaves.ranges == [0..<1])
    // What is written next is read next time.
    do {
      var file = try JournalFile.open(in: receiving, identity: Self.identity, layout: layout)
      try file.append(writer.encode(.leaves(first: 5, [ContentHash(repeating: 9)])))
    }
    #expect(try open().leaves.ranges == [0..<1, 5..<6])
  }
}
