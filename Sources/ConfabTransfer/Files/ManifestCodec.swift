/// One entry as it stands in a manifest message:
///
///     | ascent << 1 | is a folder | name's length, name | mode | seconds | nanoseconds | size |
///
/// all but the name as variable-length integers, the seconds zigzag, the size for files only.
/// `ascent` says how many folders end before it; a folder holds what follows until then.
struct WireEntry {
  var ascent: Int
  var name: [UInt8]
  var size: UInt64
  /// With the flag of folders.
  var mode: UInt16
  var modified: FileTime

  var isFolder: Bool { mode & Manifest.folderFlag != 0 }

  func encode(into writer: inout ControlWriter) {
    writer.write(UInt64(ascent) << 1 | (isFolder ? 1 : 0))
    writer.write(UInt64(name.count))
    writer.write(bytes: name)
    writer.write(UInt64(mode & 0o777))
    writer.write(signed: modified.seconds)
    writer.write(UInt64(modified.nanoseconds))
    if !isFolder { writer.write(size) }
  }

  init(ascent: Int, name: [UInt8], size: UInt64, mode: UInt16, modified: FileTime) {
    self.ascent = ascent
    self.name = name
    self.size = size
    self.mode = mode
    self.modified = modified
  }

  init(from reader: inout ControlReader) throws(FileFailure) {
    let head = try reader.number(upTo: UInt64(FileLimits.depthMax) << 1 | 1)
    ascent = Int(head >> 1)
    let isFolder = head & 1 == 1
    name = Array(try reader.bytes(Int(reader.number(upTo: UInt64(FileLimits.nameBytesMax)))))
    mode = UInt16(try reader.number(upTo: 0o777)) | (isFolder ? Manifest.folderFlag : 0)
    let seconds = try reader.signedNumber()
    let nanoseconds = UInt32(try reader.number(upTo: 999_999_999))
    modified = FileTime(seconds: seconds, nanoseconds: nanoseconds)
    size = isFolder ? 0 : try reader.number(upTo: FileLimits.contentBytesMax)
  }
}

/// Cuts a manifest into pieces of whole entries, made when they are asked for: a million entries are
/// never in memory twice.
struct ManifestEncoder: Sendable {
  private let manifest: Manifest
  private var next = 0
  /// The folders that the entry before is in, itself included if it is one.
  private var open: [Int] = []

  init(_ manifest: Manifest) { self.manifest = manifest }

  /// Nil when all was encoded.
  mutating func nextPiece() -> [UInt8]? {
    guard next < manifest.count else { return nil }
    var writer = ControlWriter()
    while next < manifest.count, writer.bytes.count < FileLimits.manifestPieceBytes {
      let entry = manifest[next]
      var ascent = 0
      while let folder = open.last, folder != entry.parent {
        open.removeLast()
        ascent += 1
      }
      WireEntry(
        ascent: ascent, name: Array(manifest.nameBytes(of: next)), size: entry.size,
        mode: entry.mode | (entry.isFolder ? Manifest.folderFlag : 0), modified: entry.modified
      ).encode(into: &writer)
      if entry.isFolder { open.append(next) }
      next += 1
    }
    return writer.bytes
  }
}

/// What an offer says of a manifest, and what begins one on the wire.
package struct ManifestSummary: Hashable, Sendable {
  package var hash: ContentHash
  package var entryCount: UInt64
  package var contentBytes: UInt64

  package init(hash: ContentHash, entryCount: UInt64, contentBytes: UInt64) {
    self.hash = hash
    self.entryCount = entryCount
    self.contentBytes = contentBytes
  }
}

extension Manifest {
  package var summary: ManifestSummary {
    ManifestSummary(hash: hash, entryCount: UInt64(count), contentBytes: contentBytes)
  }
}

/// Puts a manifest together from its pieces. Nothing is kept for what was only announced, and the
/// first entry that breaks a rule ends it.
struct ManifestDecoder {
  private let summary: ManifestSummary
  private var builder: ManifestBuilder

  init(_ summary: ManifestSummary, rules: NameRules) throws(FileFailure) {
    guard summary.entryCount <= UInt64(FileLimits.entriesMax) else {
      throw FileFailure(
        .tooManyEntries,
        "\(summary.entryCount) files are too many: at most \(FileLimits.entriesMax) are taken.")
    }
    guard summary.contentBytes <= FileLimits.contentBytesMax else {
      throw FileFailure(
        .contentTooLong, "More than \(FileLimits.contentBytesMax >> 40) TiB are not taken.")
    }
    guard summary.entryCount > 0 else {
      throw FileFailure(.emptyManifest, "There is nothing in the transfer.")
    }
    self.summary = summary
    builder = ManifestBuilder(rules: rules)
  }

  var isComplete: Bool { UInt64(builder.count) == summary.entryCount }

  mutating func append(_ piece: [UInt8]) throws(FileFailure) {
    var reader = ControlReader(piece)
    guard !reader.isAtEnd else { throw .malformed("A piece of the manifest is empty.") }
    while !reader.isAtEnd {
      guard !isComplete else {
        throw FileFailure(.excess, "The manifest has more entries than it said.")
      }
      let entry = try WireEntry(from: &reader)
      guard entry.ascent <= builder.depth else {
        throw .malformed("The manifest ends a folder that it did not begin.")
      }
      for _ in 0..<entry.ascent { builder.closeFolder() }
      if entry.isFolder {
        try builder.openFolder(name: entry.name, mode: entry.mode, modified: entry.modified)
      } else {
        try builder.addFile(
          name: entry.name, size: entry.size, mode: entry.mode, modified: entry.modified)
      }
    }
  }

  consuming func finish() throws(FileFailure) -> Manifest {
    let manifest = try builder.finish()
    guard manifest.summary == summary else {
      throw FileFailure(.otherThanOffered, "The manifest is not the one that was announced.")
    }
    return manifest
  }
}
