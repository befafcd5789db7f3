import ConfabNetwork
import ConfabTransfer
import Synchronization

/// Reads leaves back from the files, hardly ever from the disk itself, and hashes them.
final class LeafReader: Sendable {
  private let files: PartFiles
  /// One leaf. Only the verifying thread looks at it.
  private let buffer: Mutex<[UInt8]>

  init(_ files: PartFiles, layout: LeafLayout) {
    self.files = files
    let bytes = min(layout.leafBytes, layout.contentBytes)
    buffer = Mutex([UInt8](repeating: 0, count: Int(bytes)))
  }

  func read(_ leaf: UInt64, _ range: Range<UInt64>) -> RecipientInput {
    buffer.withLock { buffer in
      buffer.withUnsafeMutableBytes { bytes in
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<range.count])
        do throws(SystemError) {
          try files.read(range, into: part)
          return .leafRead(leaf, HashTree.leaf(UnsafeRawBufferPointer(part)))
        } catch {
          return .leafUnreadable(leaf, DiskFault(error))
        }
      }
    }
  }
}
