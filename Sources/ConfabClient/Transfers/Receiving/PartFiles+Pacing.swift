import CLinux
import ConfabNetwork
import ConfabTransfer
import Glibc
import Synchronization

// Being kind to the disk.
extension PartFiles {
  /// Room is reserved so far ahead of what is written: a file then lies in few pieces, and a full disk
  /// is known early.
  private static let reserveBytes: UInt64 = 64 << 20
  /// So much is written before the disk is told to begin with it, so that the sync at the end does not
  /// find everything still to do.
  private static let writebackBytes: UInt64 = 8 << 20

  /// A file system in memory has nothing to reserve and no pieces to avoid.
  static func isInMemory(_ file: OpenFile) -> Bool {
    clinux_is_in_memory(file.descriptor) != 0
  }

  /// Reserves room for what is to be written, and notes that it was.
  func prepare(_ piece: Manifest.Piece, _ file: OpenFile) throws(SystemError) {
    let end = piece.fileOffset + UInt64(piece.content.count)
    let content = manifest.content(of: piece.entry)
    let reserve: Range<UInt64>? = shared.withLock { shared in
      shared.unsynced.insert(piece.entry)
      shared.attributed.remove(piece.entry)
      guard shared.reserves, UInt64(content.count) > Self.writebackBytes else { return nil }
      let growth = shared.growth[piece.entry, default: Growth()]
      guard end > growth.reservedEnd else { return nil }
      // Not into a hole, which would not be one any more.
      let start = max(growth.reservedEnd, piece.fileOffset)
      let wanted = content.lowerBound + start..<content.upperBound
      let hole = shared.holes.intersection(wanted).first?.lowerBound ?? content.upperBound
      let stop = min(hole - content.lowerBound, end + Self.reserveBytes)
      shared.growth[piece.entry, default: growth].reservedEnd = max(stop, end)
      return stop > start ? start..<stop : nil
    }
    guard let reserve else { return }
    let code = clinux_reserve(
      file.descriptor, Int64(reserve.lowerBound), Int64(reserve.count))
    switch -code {
    case 0: break
    case ENOSPC, EDQUOT:
      // There may be room for what is to be written now; the write will say.
      shared.withLock { $0.growth[piece.entry]?.reservedEnd = end }
    default: shared.withLock { $0.reserves = false }
    }
  }

  /// Has the disk work while content comes instead of all at once, and never so far behind that
  /// memory fills with what is not written.
  func pace(_ piece: Manifest.Piece, _ file: OpenFile) {
    let range = piece.fileOffset..<piece.fileOffset + UInt64(piece.content.count)
    let due: (start: Range<UInt64>, await: Range<UInt64>)? = shared.withLock { shared in
      guard shared.reserves, manifest.size(of: piece.entry) > Self.writebackBytes else {
        return nil
      }
      var growth = shared.growth[piece.entry, default: Growth()]
      defer { shared.growth[piece.entry] = growth }
      let pending = growth.pending
      growth.pending =
        pending.isEmpty
        ? range
        : min(pending.lowerBound, range.lowerBound)..<max(pending.upperBound, range.upperBound)
      guard UInt64(growth.pending.count) >= Self.writebackBytes else { return nil }
      defer {
        growth.started = growth.pending
        growth.pending = 0..<0
      }
      return (growth.pending, growth.started)
    }
    guard let due else { return }
    _ = clinux_start_writeback(
      file.descriptor, Int64(due.start.lowerBound), Int64(due.start.count))
    guard !due.await.isEmpty else { return }
    _ = clinux_await_writeback(
      file.descriptor, Int64(due.await.lowerBound), Int64(due.await.count))
  }
}
