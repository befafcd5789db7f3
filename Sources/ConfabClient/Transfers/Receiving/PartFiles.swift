import CLinux
package import ConfabNetwork
package import ConfabTransfer
import Glibc
import Synchronization

/// The files of a transfer while they grow: made when the first byte for them comes, written in any
/// order, read back to be verified.
package final class PartFiles: Sendable {
  struct Growth {
    var reservedEnd: UInt64 = 0
    /// Where the range begins that the disk was not told of yet, and how long it is.
    var pending: Range<UInt64> = 0..<0
    var started: Range<UInt64> = 0..<0
  }

  /// What was made so far.
  struct Making {
    var folders: Set<Int> = []
    /// Folders in which something was made since the last sync; nil is the hidden one.
    var grown: Set<Int?> = []
  }

  struct Shared {
    var files = OpenFiles()
    /// Those that files were made in last, by their entries.
    var folders = OpenFiles()
    var making = Making()
    /// Written since the last sync.
    var unsynced: Set<Int> = []
    var growth: [Int: Growth] = [:]
    /// Parts of the content that stay holes.
    var holes = ContentRanges()
    var reserves: Bool
    /// Modes and times were set since the last sync, which content's syncs do not care for.
    var hasNewAttributes = false
    /// Files that have theirs, and were not written to since.
    var attributed: Set<Int> = []
  }

  package let manifest: Manifest
  package let folder: ReceivingFolder
  let shared: Mutex<Shared>

  /// Entries at the top that an earlier attempt has given their names: they are left alone.
  let published: Set<Int>

  /// The one file is held open and has no name: whatever ends the program, nothing of it stays.
  let isNameless: Bool

  package init(
    _ manifest: Manifest, in folder: ReceivingFolder, published: Set<Int> = [],
    isNameless: Bool = false
  ) {
    self.manifest = manifest
    self.folder = folder
    self.published = published
    self.isNameless = isNameless
    shared = Mutex(Shared(reserves: !Self.isInMemory(folder.hidden)))
  }

  /// Makes a range read as zeros and take no room, whatever an earlier attempt left there.
  package func makeHole(_ range: Range<UInt64>) throws(SystemError) {
    shared.withLock { $0.holes.insert(range) }
    for piece in manifest.pieces(of: range) {
      let code = clinux_punch_hole(
        try file(piece.entry).descriptor, Int64(piece.fileOffset), Int64(piece.content.count))
      guard code != 0 else { continue }
      guard code == -EOPNOTSUPP else { throw SystemError("make a hole in a file", code: -code) }
      try writeZeros(piece)
    }
  }

  private func writeZeros(_ piece: Manifest.Piece) throws(SystemError) {
    let zeros = [UInt8](repeating: 0, count: 64 << 10)
    var done = 0
    while done < piece.content.count {
      let count = min(zeros.count, piece.content.count - done)
      let file = try file(piece.entry)
      let place = piece.fileOffset + UInt64(done)
      try zeros.withUnsafeBytes { bytes -> Result<Void, SystemError> in
        do throws(SystemError) {
          return .success(
            try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: place))
        } catch {
          return .failure(error)
        }
      }.get()
      done += count
    }
  }

  /// Writes bytes of the content to where they belong.
  package func write(
    _ bytes: UnsafeRawBufferPointer, at offset: UInt64
  ) throws(SystemError) {
    for piece in manifest.pieces(of: offset..<offset + UInt64(bytes.count)) {
      let start = Int(piece.content.lowerBound - offset)
      let part = UnsafeRawBufferPointer(rebasing: bytes[start..<start + piece.content.count])
      if isWhole(piece), try writeWhole(piece.entry, part) { continue }
      let file = try file(piece.entry)
      try prepare(piece, file)
      try file.write(part, at: piece.fileOffset)
      pace(piece, file)
    }
  }

  /// Reads content back.
  package func read(
    _ range: Range<UInt64>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) {
    for piece in manifest.pieces(of: range) {
      let start = Int(piece.content.lowerBound - range.lowerBound)
      let part = UnsafeMutableRawBufferPointer(
        rebasing: buffer[start..<start + piece.content.count])
      let file = try isWhole(piece) ? openWhole(piece.entry) : file(piece.entry)
      let count = try file.read(at: piece.fileOffset, into: part)
      guard count == part.count else { throw SystemError("read a received file", code: EIO) }
    }
  }

  /// The file of an entry, made and as long as it is to be.
  package func file(_ entry: Int) throws(SystemError) -> OpenFile {
    try locked { shared throws(SystemError) in
      try shared.files.file(entry) { () throws(SystemError) in
        try make(entry, &shared.making)
      }
    }
  }

  /// Makes the one file and takes its name away, and the hidden folder.
  func makeNameless() throws(SystemError) {
    precondition(isNameless)
    for top in manifest.tops {
      _ = try file(top)
      guard unlinkat(folder.hidden.descriptor, String(top), 0) == 0 else {
        throw SystemError(latest: "take a file's name away")
      }
    }
    folder.removeHidden()
  }

  /// What was written before is durable when this returns.
  package func sync() throws(SystemError) {
    let (entries, grown, hasNewAttributes) = shared.withLock { shared in
      defer {
        shared.unsynced = []
        shared.making.grown = []
        shared.hasNewAttributes = false
      }
      return (shared.unsynced, shared.making.grown, shared.hasNewAttributes)
    }
    let count = hasNewAttributes ? manifest.count : entries.count + grown.count
    if count > Self.singleSyncsMax { return try folder.syncAll() }
    if hasNewAttributes { return try syncEverything() }
    for entry in entries.sorted() { try file(entry).syncData() }
    // A file is only there after a power cut if its folder knows of it.
    for case let entry? in grown {
      try folder.openBeneath(ReceivingFolder.place(of: entry, in: manifest), O_RDONLY).sync()
    }
    if grown.contains(nil) { try folder.hidden.sync() }
  }

  /// With more files than this, one sync of the whole file system is cheaper.
  private static let singleSyncsMax = 16

  /// Content that nobody will ask for any more: its room is given back, where the file system can.
  func giveBack(_ range: Range<UInt64>) {
    for piece in manifest.pieces(of: range) {
      guard let file = try? file(piece.entry) else { continue }
      _ = clinux_punch_hole(
        file.descriptor, Int64(piece.fileOffset), Int64(piece.content.count))
    }
  }

  package func closeAll() {
    shared.withLock { shared in
      shared.files.closeAll()
      shared.folders.closeAll()
    }
  }

  /// `Mutex.withLock` does not hand typed errors through.
  func locked<Value>(
    _ body: (inout Shared) throws(SystemError) -> Value
  ) throws(SystemError) -> Value where Value: Sendable {
    try shared.withLock { shared -> Result<Value, SystemError> in
      do throws(SystemError) { return .success(try body(&shared)) } catch { return .failure(error) }
    }.get()
  }
}
