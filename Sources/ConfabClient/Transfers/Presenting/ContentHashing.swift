import ConfabNetwork
package import ConfabTransfer
import Glibc
import Synchronization

/// Hashes the content of a tree, once, however many people it is sent to: each byte is read once for
/// the hash of its leaf and the digest of its file.
///
/// It goes only as far as somebody has asked, on the reading thread, a step at a time so that several
/// trees take turns. What it found stays: 32 bytes for each MiB.
package final class ContentHashing: Sendable {
  /// What was found, in the order of the content.
  package struct Findings: Sendable {
    /// Hashes of leaves in a row.
    package var leaves: [ContentHash] = []
    /// Of files that have content.
    package var digests: [(entry: Int, hash: ContentHash)] = []
  }

  /// Bytes in one step: short enough that nobody waits long for his turn.
  private static let stepBytes: UInt64 = 4 << 20
  /// Read at once. It stays in the processor's cache until both hashes have seen it.
  private static let blockBytes = 256 << 10

  private struct Shared {
    var found = Findings()
    var fault: SourceFault?
    var target: UInt64 = 0
    var isRunning = false
    var listeners: [Int: @Sendable () -> Void] = [:]
    var nextListener = 0
  }

  private let tree: SourceTree
  private let layout: LeafLayout
  private let thread: DiskThread
  private let shared = Mutex(Shared())
  /// Only the reading thread looks at this; the lock is never waited for.
  private let pass: Mutex<Pass>

  package init(_ tree: SourceTree, layout: LeafLayout, on thread: DiskThread) {
    self.tree = tree
    self.layout = layout
    self.thread = thread
    pass = Mutex(Pass(tree, layout: layout))
  }

  /// Whoever listens is told, on the reading thread, whenever there are new findings or a fault.
  package func listen(_ listener: @escaping @Sendable () -> Void) -> Int {
    shared.withLock { shared in
      defer { shared.nextListener += 1 }
      shared.listeners[shared.nextListener] = listener
      return shared.nextListener
    }
  }

  package func stopListening(_ listener: Int) {
    shared.withLock { shared in shared.listeners[listener] = nil }
  }

  /// Goes on until so many leaves are hashed in all.
  package func extend(toLeaf leaf: UInt64) {
    let starts = shared.withLock { shared in
      shared.target = max(shared.target, min(leaf, layout.leafCount))
      guard !shared.isRunning, shared.fault == nil,
        UInt64(shared.found.leaves.count) < shared.target
      else { return false }
      shared.isRunning = true
      return true
    }
    if starts { thread.submit { self.step() } }
  }

  /// What was found behind what the caller has already.
  package func findings(
    afterLeaf leaf: Int, digest: Int
  ) -> (findings: Findings, fault: SourceFault?) {
    shared.withLock { shared in
      (
        Findings(
          leaves: Array(shared.found.leaves.dropFirst(leaf)),
          digests: Array(shared.found.digests.dropFirst(digest))), shared.fault
      )
    }
  }

  private func step() {
    let target = shared.withLock { $0.target }
    let (findings, fault) = pass.withLock { pass in
      let end = min(layout.range(of: 0..<target).upperBound, pass.offset + Self.stepBytes)
      return pass.advance(to: end, blockBytes: Self.blockBytes)
    }
    let (goesOn, listeners) = shared.withLock { shared in
      shared.found.leaves += findings.leaves
      shared.found.digests += findings.digests
      shared.fault = fault
      shared.isRunning =
        fault == nil && UInt64(shared.found.leaves.count) < shared.target
      return (shared.isRunning, shared.listeners.sorted { $0.key < $1.key }.map(\.value))
    }
    for listener in listeners { listener() }
    if goesOn { thread.submit { self.step() } }
  }
}

/// The one reading of the content.
private struct Pass {
  private let tree: SourceTree
  private var hashes: ContentHashes
  private var files = OpenFiles()
  private var buffer: [UInt8] = []

  init(_ tree: SourceTree, layout: LeafLayout) {
    self.tree = tree
    hashes = ContentHashes(tree.manifest, layout: layout)
  }

  var offset: UInt64 { hashes.offset }

  mutating func advance(
    to end: UInt64, blockBytes: Int
  ) -> (ContentHashing.Findings, SourceFault?) {
    var findings = ContentHashing.Findings()
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: blockBytes) }
    do throws(SourceFault) {
      for piece in tree.manifest.pieces(of: offset..<end) {
        try advance(over: piece, &findings)
      }
    } catch {
      return (findings, error)
    }
    return (findings, nil)
  }

  private mutating func advance(
    over piece: Manifest.Piece, _ findings: inout ContentHashing.Findings
  ) throws(SourceFault) {
    let (tree, entry) = (tree, piece.entry)
    let file = try files.file(entry) { () throws(SourceFault) in try tree.open(entry) }
    if piece.fileOffset == 0, piece.content.count > buffer.count {
      posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }
    var place = piece.fileOffset
    var left = piece.content.count
    while left > 0 {
      let hole = tree.isSparse(entry) ? file.hole(at: place, upTo: left) : 0
      let count = hole > 0 ? hole : min(left, buffer.count)
      if hole > 0 {
        hashes.addZeros(UInt64(count), &findings)
      } else {
        try hash(file, entry, at: place, count, &findings)
      }
      place += UInt64(count)
      left -= count
    }
    guard piece.content.upperBound == tree.manifest.content(of: entry).upperBound else { return }
    // What was read is what the manifest says only if nobody wrote meanwhile.
    try tree.check(file, entry)
    files.close(entry)
  }

  private mutating func hash(
    _ file: OpenFile, _ entry: Int, at place: UInt64, _ count: Int,
    _ findings: inout ContentHashing.Findings
  ) throws(SourceFault) {
    var fault: SourceFault?
    buffer.withUnsafeMutableBytes { bytes in
      let block = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
      do throws(SystemError) {
        if try file.read(at: place, into: block) < count { fault = .changed(entry: entry) }
      } catch {
        fault = .unreadable(entry: entry, code: error.code)
      }
      guard fault == nil else { return }
      hashes.update(UnsafeRawBufferPointer(block), &findings)
    }
    if let fault { throw fault }
  }
}
