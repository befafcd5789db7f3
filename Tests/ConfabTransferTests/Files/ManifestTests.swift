import ConfabTransfer
import Primitives
import Testing

@Suite struct ManifestTests {
  private let time = FileTime(seconds: 1_700_000_000, nanoseconds: 5)

  private func failure(_ body: () throws(FileFailure) -> Void) -> FileFailure.Code? {
    do throws(FileFailure) {
      try body()
      return nil
    } catch { return error.code }
  }

  @Test func everyByteIsInItsFile() throws {
    for seed in 0..<20 {
      var random = SeededRandom(seed: UInt64(seed))
      let manifest = try RandomFiles(using: &random, leafBytes: 16).manifest
      var offset: UInt64 = 0
      for entry in 0..<manifest.count {
        #expect(manifest.content(of: entry).lowerBound == offset)
        for byte in manifest.content(of: entry) { #expect(manifest.file(at: byte) == entry) }
        offset += manifest.size(of: entry)
      }
      #expect(offset == manifest.contentBytes)
      guard offset > 0 else { continue }
      for _ in 0..<20 {
        let start = UInt64.random(in: 0..<offset, using: &random)
        let end = UInt64.random(in: start...offset, using: &random)
        var next = start
        for piece in manifest.pieces(of: start..<end) {
          #expect(piece.content.lowerBound == next && !piece.content.isEmpty)
          #expect(
            piece.content.lowerBound - manifest.content(of: piece.entry).lowerBound
              == piece.fileOffset)
          next = piece.content.upperBound
        }
        #expect(next == end)
      }
    }
  }

  @Test func pathsFollowTheFolders() throws {
    var builder = ManifestBuilder()
    try builder.openFolder(name: "a".utf8, mode: 0o700, modified: time)
    try builder.openFolder(name: "empty".utf8, mode: 0o755, modified: time)
    builder.closeFolder()
    try builder.addFile(name: "x".utf8, size: 3, mode: 0o104_644, modified: time)
    builder.closeFolder()
    try builder.addFile(name: "y".utf8, size: 4, mode: 0o600, modified: time)
    let manifest = try builder.finish()
    #expect((0..<4).map { manifest.pathText(of: $0) } == ["a", "a/empty", "a/x", "y"])
    #expect(manifest.tops == [0, 3])
    #expect(manifest[2].mode == 0o644 && manifest[2].modified == time && manifest[2].parent == 0)
    #expect(manifest[1].isFolder && manifest[1].size == 0)
    #expect(manifest.fileCount == 2 && manifest.contentBytes == 7)
  }

  @Test func everythingIsInTheHash() throws {
    func hash(
      name: String = "n", size: UInt64 = 1, mode: UInt16 = 0o644, seconds: Int64 = 0,
      nanoseconds: UInt32 = 0, second: Bool = false
    ) throws -> ContentHash {
      var builder = ManifestBuilder()
      try builder.addFile(
        name: name.utf8, size: size, mode: mode,
        modified: FileTime(seconds: seconds, nanoseconds: nanoseconds))
      if second { try builder.addFile(name: "m".utf8, size: 0, mode: 0, modified: time) }
      return try builder.finish().hash
    }
    let hashes = try [
      hash(), hash(name: "o"), hash(size: 2), hash(mode: 0o600), hash(seconds: 1),
      hash(seconds: -1), hash(nanoseconds: 1), hash(second: true),
    ]
    #expect(Set(hashes).count == hashes.count)
    #expect(try hash() == hash())
  }

  @Test func collisionsAreFoundInTheirFolderOnly() throws {
    var builder = ManifestBuilder()
    try builder.openFolder(name: "src".utf8, mode: 0o755, modified: time)
    try builder.addFile(name: "Makefile".utf8, size: 1, mode: 0o644, modified: time)
    #expect(
      failure { () throws(FileFailure) in
        try builder.addFile(name: "makefile".utf8, size: 1, mode: 0o644, modified: time)
      } == .nameCollision)
    builder.closeFolder()
    try builder.addFile(name: "makefile".utf8, size: 1, mode: 0o644, modified: time)
    try builder.addFile(name: "\u{E9}".utf8, size: 1, mode: 0o644, modified: time)
    #expect(
      failure { () throws(FileFailure) in
        try builder.addFile(name: "e\u{301}".utf8, size: 1, mode: 0o644, modified: time)
      } == .nameCollision)
    // What was refused left nothing behind.
    #expect(try builder.finish().count == 4)

    var linux = ManifestBuilder(rules: .linux)
    try linux.addFile(name: "xt_DSCP.h".utf8, size: 1, mode: 0o644, modified: time)
    try linux.addFile(name: "xt_dscp.h".utf8, size: 1, mode: 0o644, modified: time)
    #expect(
      failure { () throws(FileFailure) in
        try linux.addFile(name: "xt_dscp.h".utf8, size: 1, mode: 0o644, modified: time)
      } == .nameCollision)
  }

  @Test func limitsHold() throws {
    var builder = ManifestBuilder()
    for index in 1..<FileLimits.depthMax {
      try builder.openFolder(name: "\(index)".utf8, mode: 0o755, modified: time)
    }
    #expect(
      failure { () throws(FileFailure) in
        try builder.openFolder(name: "deeper".utf8, mode: 0o755, modified: time)
      } == .tooDeep)
    try builder.addFile(name: "leaf".utf8, size: 1, mode: 0o644, modified: time)
    #expect(
      failure { () throws(FileFailure) in
        try builder.addFile(
          name: "big".utf8, size: FileLimits.contentBytesMax, mode: 0o644, modified: time)
      } == .contentTooLong)

    var long = ManifestBuilder()
    for _ in 0..<12 {
      try long.openFolder(
        name: String(repeating: "d", count: 255).utf8, mode: 0o755, modified: time)
    }
    #expect(
      failure { () throws(FileFailure) in
        try long.addFile(name: "f".utf8, size: 1, mode: 0o644, modified: time)
      } == .nameTooLong)
    #expect(
      failure { () throws(FileFailure) in _ = try ManifestBuilder().finish() } == .emptyManifest)
  }
}
