import ConfabNetwork
import ConfabTransfer

/// The hashes of leaves and the digests of files from the same bytes, as fast as this processor can.
enum ContentHashes {
  case apart(LeafHasher, FileDigests)
  case together(PairedHashes)

  init(_ manifest: Manifest, layout: LeafLayout) {
    self =
      SHA256Lane.isAvailable
      ? .together(PairedHashes(manifest, layout: layout))
      : .apart(LeafHasher(layout: layout), FileDigests(manifest))
  }

  /// The next byte of the content.
  var offset: UInt64 {
    switch self {
    case .apart(let leaves, _): leaves.offset
    case .together(let paired): paired.offset
    }
  }

  mutating func update(
    _ bytes: UnsafeRawBufferPointer, _ findings: inout ContentHashing.Findings
  ) {
    switch consume self {
    case .apart(var leaves, var digests):
      leaves.update(bytes) { _, hash in findings.leaves.append(hash) }
      digests.update(bytes) { entry, hash in findings.digests.append((entry, hash)) }
      self = .apart(leaves, digests)
    case .together(var paired):
      paired.update(bytes, &findings)
      self = .together(paired)
    }
  }

  mutating func addZeros(_ count: UInt64, _ findings: inout ContentHashing.Findings) {
    switch consume self {
    case .apart(var leaves, var digests):
      leaves.addZeros(count) { _, hash in findings.leaves.append(hash) }
      digests.addZeros(count) { entry, hash in findings.digests.append((entry, hash)) }
      self = .apart(leaves, digests)
    case .together(var paired):
      paired.addZeros(count, &findings)
      self = .together(paired)
    }
  }
}

/// What `LeafHasher` and `FileDigests` do, with both hashes side by side.
struct PairedHashes {
  private static let zeros = [UInt8](repeating: 0, count: 64 << 10)

  private let manifest: Manifest
  private let layout: LeafLayout
  private(set) var offset: UInt64 = 0

  private var leaf = SHA256Lane(prefix: HashTree.leafPrefix)
  /// Zeros at the start of the leaf that are counted but not hashed yet: a leaf of nothing else
  /// costs nothing.
  private var zerosHeld: UInt64 = 0

  private var file = SHA256Lane()
  /// The entry that the next byte belongs to, or the end.
  private var entry: Int

  init(_ manifest: Manifest, layout: LeafLayout) {
    self.manifest = manifest
    self.layout = layout
    entry = manifest.nextFileWithContent(from: 0)
  }

  mutating func update(
    _ bytes: UnsafeRawBufferPointer, _ findings: inout ContentHashing.Findings
  ) {
    var rest = bytes
    while !rest.isEmpty {
      if zerosHeld > 0 {
        Self.forEachZeros(zerosHeld) { leaf.update($0) }
        zerosHeld = 0
      }
      let count = Int(min(UInt64(rest.count), bytesToNextEnd))
      let part = UnsafeRawBufferPointer(rebasing: rest[..<count])
      SHA256Lane.update(&leaf, part, &file, part)
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      advance(UInt64(count), &findings)
    }
  }

  /// The next bytes are zeros: a hole, which nobody needs to read.
  mutating func addZeros(_ byteCount: UInt64, _ findings: inout ContentHashing.Findings) {
    var left = byteCount
    while left > 0 {
      let count = min(left, bytesToNextEnd)
      if zerosHeld == offset - leafRange.lowerBound {
        zerosHeld += count
        Self.forEachZeros(count) { file.update($0) }
      } else {
        Self.forEachZeros(count) { SHA256Lane.update(&leaf, $0, &file, $0) }
      }
      left -= count
      advance(count, &findings)
    }
  }

  private var leafRange: Range<UInt64> { layout.range(of: offset / layout.leafBytes) }

  /// Until the leaf ends, or the file.
  private var bytesToNextEnd: UInt64 {
    min(leafRange.upperBound, manifest.content(of: entry).upperBound) - offset
  }

  private mutating func advance(
    _ byteCount: UInt64, _ findings: inout ContentHashing.Findings
  ) {
    let leafRange = leafRange
    offset += byteCount
    if offset == leafRange.upperBound {
      findings.leaves.append(finishLeaf(leafRange))
    }
    guard offset == manifest.content(of: entry).upperBound else { return }
    findings.digests.append((entry, file.finish()))
    file = SHA256Lane()
    entry = manifest.nextFileWithContent(from: entry + 1)
  }

  private mutating func finishLeaf(_ range: Range<UInt64>) -> ContentHash {
    defer {
      leaf = SHA256Lane(prefix: HashTree.leafPrefix)
      zerosHeld = 0
    }
    guard zerosHeld > 0 else { return leaf.finish() }
    // Nothing but zeros.
    return HashTree.zeroLeaf(byteCount: UInt64(range.count))
  }

  private static func forEachZeros(_ byteCount: UInt64, _ body: (UnsafeRawBufferPointer) -> Void) {
    var left = byteCount
    zeros.withUnsafeBytes { zeros in
      while left > 0 {
        let count = Int(min(left, UInt64(zeros.count)))
        body(UnsafeRawBufferPointer(rebasing: zeros[..<count]))
        left -= UInt64(count)
      }
    }
  }
}
