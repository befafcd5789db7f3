import ConfabClient
import ConfabNetwork
import ConfabTransfer
import Crypto
import Glibc
import Testing

@Suite struct SourceTests {
  @Test func `a folder is walked in the order of its names' bytes`() throws {
    let folder = ScratchFolder()
    folder.makeFolder("top")
    folder.makeFolder("top/b")
    folder.write(patternBytes(10), to: "top/b/inner")
    folder.write([], to: "top/a")
    folder.write(patternBytes(5), to: "top/Z", mode: 0o600)
    let tree = try SourceWalk.find([folder.path + "/top"])
    let manifest = tree.manifest
    #expect(
      (0..<manifest.count).map { manifest.pathText(of: $0) } == [
        "top", "top/Z", "top/a", "top/b", "top/b/inner",
      ])
    #expect(manifest.contentBytes == 15)
    #expect(manifest[1].mode == 0o600)
    #expect(tree.skipped.isEmpty)
    #expect(tree.path(of: 4) == folder.path + "/top/b/inner")
    #expect(try SourceWalk.find([folder.path + "/top"]).manifest == manifest)
  }

  @Test func `what cannot be sent is named and skipped`() throws {
    let folder = ScratchFolder()
    folder.makeFolder("top")
    folder.write(patternBytes(3), to: "top/good")
    folder.write(patternBytes(3), to: "outside")
    mkfifo(folder.path + "/top/pipe", 0o600)
    symlink("../outside", folder.path + "/top/leads-out")
    symlink("good", folder.path + "/top/leads-in")
    symlink(".", folder.path + "/top/circle")
    symlink("nothing", folder.path + "/top/dangling")
    folder.write(patternBytes(3), to: "top/bad\u{1B}[2Jname")
    let tree = try SourceWalk.find([folder.path + "/top"])
    let names = (0..<tree.manifest.count).map { tree.manifest.pathText(of: $0) }
    #expect(names == ["top", "top/good", "top/leads-in"])
    let skipped = tree.skipped.map { $0.path.dropFirst(folder.path.count + 5) }
    #expect(skipped == ["bad\u{1B}[2Jname", "circle", "dangling", "leads-out", "pipe"])
    #expect(tree.skipped.last?.reason == "It is a pipe.")
    // Only what holds content is missing without it.
    #expect(tree.skipped.map(\.isMissed) == [true, false, false, false, false])
    #expect(throws: FileFailure.self) {
      try SourceWalk.find([folder.path + "/top"], unfit: .refuse)
    }
  }

  /// Also what is no UTF-8, and what is in a folder with such a name.
  @Test func `what other systems cannot store can be sent under another name`() throws {
    let folder = ScratchFolder()
    folder.makeFolder("top")
    folder.makeFolder("top/aux")
    let contents = [
      "aux/inner": patternBytes(5), "README": patternBytes(1), "readme": patternBytes(2),
      "ends ": patternBytes(3),
    ]
    for (name, bytes) in contents { folder.write(bytes, to: "top/" + name) }
    let latin =
      Array((folder.path + "/top/caf").utf8CString.dropLast()) + [CChar(bitPattern: 0xE9), 0]
    let descriptor = open(latin, O_WRONLY | O_CREAT, 0o644)
    try #require(descriptor >= 0)
    #expect(write(descriptor, "four", 4) == 4)
    close(descriptor)
    #expect(try SourceWalk.find([folder.path + "/top"]).skipped.count == 4)
    let tree = try SourceWalk.find([folder.path + "/top"], unfit: .respell)
    #expect(tree.skipped.isEmpty)
    let names = (0..<tree.manifest.count).map { tree.manifest.pathText(of: $0) }
    #expect(
      names == [
        "top", "top/README", "top/aux_", "top/aux_/inner", "top/caf_", "top/ends_",
        "top/readme (2)",
      ])
    #expect(Set(tree.respelled.map(\.name)) == ["aux_", "caf_", "ends_", "readme (2)"])
    for entry in 0..<tree.manifest.count where tree.manifest.isFile(entry) {
      // It compares size and time with what the walk found.
      _ = try tree.open(entry)
    }
  }

  @Test func `a path that is not there is an error that names it`() {
    #expect {
      _ = try SourceWalk.find(["/tmp/confab-no-such-file"])
    } throws: { "\($0)".contains("confab-no-such-file") }
  }

  @Test func `hashing finds leaves and digests in one reading`() async throws {
    let folder = ScratchFolder()
    folder.makeFolder("top")
    let large = patternBytes(2_500_000)
    let small = patternBytes(700_000, seed: 5)
    folder.write(large, to: "top/1")
    folder.write([], to: "top/2")
    folder.write(small, to: "top/3")
    let tree = try SourceWalk.find([folder.path + "/top"])
    let layout = LeafLayout(contentBytes: tree.manifest.contentBytes)
    let thread = try DiskThread("test reading")
    defer { thread.stop() }
    let hashing = ContentHashing(tree, layout: layout, on: thread)
    let leafCount = Int(layout.leafCount)
    await withCheckedContinuation { continuation in
      let once = Once { continuation.resume() }
      _ = hashing.listen {
        if hashing.findings(afterLeaf: 0, digest: 0).findings.leaves.count == leafCount {
          once.run()
        }
      }
      hashing.extend(toLeaf: .max)
    }
    let findings = hashing.findings(afterLeaf: 0, digest: 0).findings
    let content = large + small
    let leaves = stride(from: 0, to: content.count, by: 1 << 20).map { start in
      content[start..<min(start + 1 << 20, content.count)].withUnsafeBytes { HashTree.leaf($0) }
    }
    #expect(findings.leaves == leaves)
    #expect(findings.digests.map(\.entry) == [1, 3])
    #expect(
      findings.digests.map(\.hash.bytes) == [large, small].map { Array(SHA256.hash(data: $0)) })
  }

  @Test func `a file that was changed since it was found is noticed`() throws {
    let folder = ScratchFolder()
    let path = folder.write(patternBytes(1_000), to: "file")
    let tree = try SourceWalk.find([path])
    #expect(tree.firstFault(in: 0..<1_000) == nil)
    folder.write(patternBytes(1_001), to: "file")
    #expect(tree.firstFault(in: 0..<1_000) == .changed(entry: 0))
    unlink(path)
    #expect(tree.firstFault(in: 0..<1_000) == .changed(entry: 0))
  }

  /// Whoever may write into a shared folder could have its owner send what only the owner may read.
  @Test func `a link that takes the place of a file or folder is not followed`() throws {
    let folder = ScratchFolder()
    let outside = ScratchFolder()
    folder.makeFolder("shared")
    folder.makeFolder("shared/inner")
    let bytes = patternBytes(100)
    for name in ["shared/file", "shared/inner/file"] { folder.write(bytes, to: name) }
    symlink("file", folder.path + "/shared/link")
    let tree = try SourceWalk.find([folder.path + "/shared"])
    let entries = (0..<tree.manifest.count).filter { tree.manifest.isFile($0) }
    #expect(entries.count == 3)
    let link = try #require(entries.first { tree.manifest.name(of: $0) == "link" })
    _ = try tree.open(link)
    // The same to look at, size and time included.
    rename(folder.path + "/shared/file", outside.path + "/file")
    symlink(outside.path + "/file", folder.path + "/shared/file")
    rename(folder.path + "/shared/inner", outside.path + "/inner")
    symlink(outside.path + "/inner", folder.path + "/shared/inner")
    for entry in entries {
      #expect(throws: SourceFault.changed(entry: entry)) { _ = try tree.open(entry) }
    }
  }

  @Test func `packets are filled across files`() throws {
    let folder = ScratchFolder()
    folder.makeFolder("top")
    var content: [UInt8] = []
    for index in 0..<40 {
      let bytes = patternBytes(index * 37 % 4_000, seed: UInt64(index))
      folder.write(bytes, to: "top/\(index + 100)")
      content += bytes
    }
    let big = patternBytes(300_000, seed: 77)
    folder.write(big, to: "top/900")
    content += big
    let tree = try SourceWalk.find([folder.path + "/top"])
    var source = PacketSource(tree)
    var read: [UInt8] = []
    for size in [1_442, 60_000] {
      read = []
      while read.count < content.count {
        var packet = [UInt8](repeating: 0, count: min(size, content.count - read.count))
        let isRead = packet.withUnsafeMutableBytes { source.read(at: UInt64(read.count), into: $0) }
        try #require(isRead)
        read += packet
      }
      #expect(read == content)
    }
    // Once more from the middle, as after a loss.
    var packet = [UInt8](repeating: 0, count: 1_442)
    let isRead = packet.withUnsafeMutableBytes { source.read(at: 123_456, into: $0) }
    #expect(isRead)
    #expect(packet == Array(content[123_456..<123_456 + 1_442]))
  }

  @Test func `holes are found and not read`() throws {
    let folder = ScratchFolder()
    let path = folder.path + "/sparse"
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
    ftruncate(descriptor, 64 << 20)
    pwrite(descriptor, "x", 1, 32 << 20)
    close(descriptor)
    let tree = try SourceWalk.find([path])
    let holes = tree.holes()
    let total = holes.reduce(0) { $0 + $1.count }
    #expect(total >= 60 << 20)
    #expect(!holes.contains { $0.contains(32 << 20) })
    #expect(holes.last?.upperBound == 64 << 20)
  }
}

/// Runs something the first time that it is asked to.
///
/// Proof: one thread asks.
final class Once: @unchecked Sendable {
  private var body: (() -> Void)?
  init(_ body: @escaping () -> Void) { self.body = body }

  /// Called on one thread only.
  func run() {
    body?()
    body = nil
  }
}
