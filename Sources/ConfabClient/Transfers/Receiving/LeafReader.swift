import ConfabNetwork
import ConfabTransfer
import Synchronization

/// Reads leaves back from the files, hardly ever from the disk itself, and hashes them, two side by side
/// where two are asked for.
final class LeafReader: Sendable {
  /// Read at once of each leaf. Both stay in the processor's cache until they are hashed.
  private static let blockBytes = 128 << 10

  typealias Leaf = (number: UInt64, range: Range<UInt64>)

  private let files: PartFiles
  private let thread: DiskThread
  private let report: @Sendable ([RecipientInput]) -> Void
  private let waiting = Mutex<[Leaf]>([])
  /// Two blocks. Only the verifying thread looks at them.
  private let buffer = Mutex([UInt8](repeating: 0, count: 2 * LeafReader.blockBytes))

  /// - Parameter report: called on the thread.
  init(
    _ files: PartFiles, on thread: DiskThread,
    report: @escaping @Sendable ([RecipientInput]) -> Void
  ) {
    self.files = files
    self.thread = thread
    self.report = report
  }

  func read(_ leaf: UInt64, _ range: Range<UInt64>) {
    waiting.withLock { $0.append((leaf, range)) }
    // As many jobs as leaves: one that finds them taken has nothing to do.
    thread.submit { self.readNext() }
  }

  private func readNext() {
    let leaves = waiting.withLock { waiting in
      let leaves = waiting.prefix(SHA256Lane.isAvailable ? 2 : 1)
      waiting.removeFirst(leaves.count)
      return Array(leaves)
    }
    guard let first = leaves.first else { return }
    let inputs = buffer.withLock { buffer in
      buffer.withUnsafeMutableBytes { bytes in
        leaves.count == 2 ? readPair(first, leaves[1], bytes) : [readOne(first, bytes)]
      }
    }
    report(inputs)
  }

  private func readOne(_ leaf: Leaf, _ buffer: UnsafeMutableRawBufferPointer) -> RecipientInput {
    var hash = LeafHash()
    do throws(SystemError) {
      var offset = leaf.range.lowerBound
      while offset < leaf.range.upperBound {
        let bytes = try read(leaf.range, from: offset, into: buffer)
        hash.update(bytes)
        offset += UInt64(bytes.count)
      }
      return .leafRead(leaf.number, hash.finish())
    } catch {
      return .leafUnreadable(leaf.number, DiskFault(error))
    }
  }

  private func readPair(
    _ first: Leaf, _ second: Leaf, _ buffer: UnsafeMutableRawBufferPointer
  ) -> [RecipientInput] {
    let halves = (
      UnsafeMutableRawBufferPointer(rebasing: buffer[..<Self.blockBytes]),
      UnsafeMutableRawBufferPointer(rebasing: buffer[Self.blockBytes...])
    )
    var hashes = (SHA256Lane(prefix: HashTree.leafPrefix), SHA256Lane(prefix: HashTree.leafPrefix))
    var offsets = (first.range.lowerBound, second.range.lowerBound)
    do throws(SystemError) {
      while offsets.0 < first.range.upperBound || offsets.1 < second.range.upperBound {
        let bytes = (
          try read(first.range, from: offsets.0, into: halves.0),
          try read(second.range, from: offsets.1, into: halves.1)
        )
        SHA256Lane.update(&hashes.0, bytes.0, &hashes.1, bytes.1)
        offsets.0 += UInt64(bytes.0.count)
        offsets.1 += UInt64(bytes.1.count)
      }
      return [
        .leafRead(first.number, hashes.0.finish()), .leafRead(second.number, hashes.1.finish()),
      ]
    } catch {
      // One by one, to find out which it is.
      return [readOne(first, buffer), readOne(second, buffer)]
    }
  }

  /// The next bytes of a leaf, as many as the buffer takes.
  private func read(
    _ range: Range<UInt64>, from offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> UnsafeRawBufferPointer {
    let count = min(buffer.count, Int(range.upperBound - offset))
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    if count > 0 { try files.read(offset..<offset + UInt64(count), into: part) }
    return UnsafeRawBufferPointer(part)
  }
}
