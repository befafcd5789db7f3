/// When something was last changed, as file systems keep it.
package struct FileTime: Hashable, Sendable {
  /// Since 1970-01-01T00:00:00Z, rounded down.
  package var seconds: Int64
  /// 0..<1,000,000,000
  package var nanoseconds: UInt32

  package init(seconds: Int64, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

/// What is transferred: files and folders in the order of a walk, a folder before what is in it.
///
/// Laid end to end the files are the content: one row of bytes, in which every file has its place
/// and folders and empty files take none. A million entries fit in some 50 MB, because each field is
/// a row of its own; it is made by a `ManifestBuilder` only, and so never breaks its rules.
package struct Manifest: Sendable {
  package struct Entry: Hashable, Sendable {
    package var name: String
    package var isFolder: Bool
    /// The folder that it is in; nil at the top.
    package var parent: Int?
    package var size: UInt64
    /// Permission bits, 0…0o777.
    package var mode: UInt16
    package var modified: FileTime
    /// Its place in the content.
    package var content: Range<UInt64>
  }

  /// A part of the content that lies in one file.
  package struct Piece: Hashable, Sendable {
    package var entry: Int
    /// Where in the file it begins.
    package var fileOffset: UInt64
    package var content: Range<UInt64>
  }

  static let noParent = UInt32.max
  /// Marks a folder in the row of modes.
  static let folderFlag: UInt16 = 0x8000

  var names: [UInt8] = []
  /// Where each name ends in `names`.
  var nameEnds: [UInt32] = []
  var parents: [UInt32] = []
  var modes: [UInt16] = []
  var seconds: [Int64] = []
  var nanoseconds: [UInt32] = []
  /// Where each entry's content begins. Never falling, which is what lookups rest on.
  var starts: [UInt64] = []

  package internal(set) var contentBytes: UInt64 = 0
  package internal(set) var fileCount = 0
  /// How long all entries are on the wire.
  package internal(set) var encodedBytes = 0
  /// Names this manifest: equal hashes are equal files, names, sizes, modes and times.
  package internal(set) var hash = ContentHash(repeating: 0)

  init() {}

  /// Files and folders.
  package var count: Int { starts.count }

  package func isFile(_ entry: Int) -> Bool { modes[entry] & Self.folderFlag == 0 }

  package func size(of entry: Int) -> UInt64 {
    (entry + 1 < starts.count ? starts[entry + 1] : contentBytes) - starts[entry]
  }

  package func content(of entry: Int) -> Range<UInt64> {
    starts[entry]..<starts[entry] + size(of: entry)
  }

  package func name(of entry: Int) -> String {
    String(decoding: nameBytes(of: entry), as: UTF8.self)
  }

  package func nameBytes(of entry: Int) -> ArraySlice<UInt8> {
    let start = entry == 0 ? 0 : nameEnds[entry - 1]
    return names[Int(start)..<Int(nameEnds[entry])]
  }

  package func parent(of entry: Int) -> Int? {
    parents[entry] == Self.noParent ? nil : Int(parents[entry])
  }

  package subscript(entry: Int) -> Entry {
    Entry(
      name: name(of: entry), isFolder: !isFile(entry), parent: parent(of: entry),
      size: size(of: entry), mode: modes[entry] & 0o777,
      modified: FileTime(seconds: seconds[entry], nanoseconds: nanoseconds[entry]),
      content: content(of: entry))
  }

  /// The names from the top to the entry.
  package func path(of entry: Int) -> [String] {
    var path = [name(of: entry)]
    var entry = entry
    while let folder = parent(of: entry) {
      path.append(name(of: folder))
      entry = folder
    }
    return path.reversed()
  }

  /// For people.
  package func pathText(of entry: Int) -> String { path(of: entry).joined(separator: "/") }

  /// The entries at the top, which are what gets a place in the recipient's folder.
  package var tops: [Int] {
    parents.indices.filter { parents[$0] == Self.noParent }
  }
}

// The content.
extension Manifest {
  /// The file that a byte of the content is in: O(log n). `offset` is within the content.
  package func file(at offset: UInt64) -> Int {
    precondition(offset < contentBytes)
    // Entries that take no place begin where the next one does, so the last that begins at or
    // before the offset is the one.
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }

  /// The entry at or behind `entry` that has content, or the end. Digests are told for these only.
  package func nextFileWithContent(from entry: Int) -> Int {
    guard entry < count, starts[entry] < contentBytes else { return count }
    return file(at: starts[entry])
  }

  /// The files that a range of the content lies in, in order: O(log n) for each.
  package func pieces(of range: Range<UInt64>) -> Pieces {
    Pieces(manifest: self, rest: range.clamped(to: 0..<contentBytes))
  }

  package struct Pieces: Sequence, IteratorProtocol {
    let manifest: Manifest
    var rest: Range<UInt64>

    package mutating func next() -> Piece? {
      guard !rest.isEmpty else { return nil }
      let entry = manifest.file(at: rest.lowerBound)
      let content = manifest.content(of: entry)
      let part = rest.clamped(to: content)
      rest = part.upperBound..<rest.upperBound
      return Piece(
        entry: entry, fileOffset: part.lowerBound - content.lowerBound, content: part)
    }
  }
}

extension Manifest: Equatable {
  /// The hash is over everything that the manifest says.
  package static func == (a: Manifest, b: Manifest) -> Bool {
    a.hash == b.hash && a.count == b.count
  }
}
