import ConfabNetwork
import ConfabTransfer
import Glibc

/// Content on its way from the page cache into packets, on the loop's thread.
///
/// The hashing reads ahead of it, so that it hardly ever waits for the disk; what was lost on the way
/// is read once more.
package struct PacketSource: ContentSource, ~Copyable {
  /// Small reads are served from a block that is read at once: one system call for many packets.
  private static let blockBytes = 128 << 10
  /// From here on a read of its own is cheaper than copying twice.
  private static let directBytes = 16 << 10

  private let tree: SourceTree
  private var files = OpenFiles()
  private let block: UnsafeMutableRawBufferPointer
  /// What the block holds; all of one file.
  private var blockContent: Range<UInt64> = 0..<0
  /// Why the last read failed.
  package private(set) var fault: SourceFault?

  package init(_ tree: SourceTree) {
    self.tree = tree
    block = .allocate(byteCount: Self.blockBytes, alignment: 4_096)
  }

  deinit {
    block.deallocate()
  }

  package mutating func read(
    at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let range = offset..<offset + UInt64(buffer.count)
    if copyFromBlock(range, into: buffer) { return true }
    do throws(SourceFault) {
      for piece in tree.manifest.pieces(of: range) {
        let start = Int(piece.content.lowerBound - offset)
        let part = buffer[start..<start + piece.content.count]
        try read(piece, into: UnsafeMutableRawBufferPointer(rebasing: part))
      }
      return true
    } catch {
      fault = error
      return false
    }
  }

  private func copyFromBlock(
    _ range: Range<UInt64>, into buffer: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard range.lowerBound >= blockContent.lowerBound, range.upperBound <= blockContent.upperBound
    else { return false }
    let start = Int(range.lowerBound - blockContent.lowerBound)
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[start..<start + buffer.count]))
    return true
  }

  private mutating func read(
    _ piece: Manifest.Piece, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SourceFault) {
    let (tree, entry) = (tree, piece.entry)
    if UInt64(piece.content.count) == tree.manifest.size(of: entry) {
      // Nothing else will be asked of it.
      return try fill(buffer, from: try tree.open(entry), piece)
    }
    let file = try files.file(entry) { () throws(SourceFault) in try tree.open(entry) }
    guard buffer.count < Self.directBytes, goesOnFromBlock(piece.content.lowerBound) else {
      return try fill(buffer, from: file, piece)
    }
    let end = min(
      piece.content.lowerBound + UInt64(Self.blockBytes),
      tree.manifest.content(of: entry).upperBound)
    let content = piece.content.lowerBound..<end
    blockContent = 0..<0
    var whole = piece
    whole.content = content
    try fill(
      UnsafeMutableRawBufferPointer(rebasing: block[..<content.count]), from: file, whole)
    blockContent = content
    _ = copyFromBlock(piece.content, into: buffer)
  }

  /// True for what comes in order; one lost packet is not worth a new block. A packet may have taken
  /// the end of the block and the beginning of what follows.
  private func goesOnFromBlock(_ offset: UInt64) -> Bool {
    blockContent.isEmpty
      || offset >= blockContent.upperBound
        && offset - blockContent.upperBound <= UInt64(Self.directBytes)
  }

  private func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from file: OpenFile, _ piece: Manifest.Piece
  ) throws(SourceFault) {
    do throws(SystemError) {
      let count = try file.read(at: piece.fileOffset, into: buffer)
      guard count == buffer.count else { throw SystemError("read a file", code: 0) }
    } catch {
      throw error.code == 0
        ? .changed(entry: piece.entry) : .unreadable(entry: piece.entry, code: error.code)
    }
  }
}

extension SourceTree {
  /// Asks the system to have a range of the content in its cache soon.
  package func prefetch(_ range: Range<UInt64>, with files: inout PrefetchFiles) {
    for piece in manifest.pieces(of: range) {
      guard manifest.size(of: piece.entry) >= UInt64(PrefetchFiles.fileBytesMin),
        let file = try? files.files.file(piece.entry, opening: { try open(piece.entry) })
      else { continue }
      posix_fadvise(
        file.descriptor, off_t(clamping: piece.fileOffset), off_t(piece.content.count),
        POSIX_FADV_WILLNEED)
    }
  }
}

/// Files that are open for being read ahead.
package struct PrefetchFiles {
  /// Shorter files come as fast without.
  static let fileBytesMin = 1 << 20
  var files = OpenFiles()

  package init() {}
}
