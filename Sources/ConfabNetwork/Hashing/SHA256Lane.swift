import CSHA256
package import ConfabTransfer

/// One of two streams that are hashed with SHA-256 in turn, on processors that have instructions for
/// it: together they take two thirds of the time that they take one after the other.
///
/// Elsewhere `isAvailable` is false and swift-crypto's SHA-256 serves as well.
package struct SHA256Lane: Sendable {
  package static let isAvailable = csha256_is_available() != 0

  private static let blockBytes = Int(CSHA256_BLOCK_BYTES)

  private typealias Words = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)
  private typealias Block = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

  /// FIPS 180-4 §5.3.3.
  private var words: Words = (
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19
  )
  /// The beginning of a block that is not complete.
  private var block: Block = (0, 0, 0, 0, 0, 0, 0, 0)
  private var byteCount: UInt64 = 0

  /// - Parameter prefix: a byte before all others.
  package init(prefix: UInt8? = nil) {
    precondition(Self.isAvailable)
    guard let prefix else { return }
    Swift.withUnsafeBytes(of: prefix) { update($0) }
  }

  private var blockFill: Int { Int(byteCount % UInt64(Self.blockBytes)) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let whole = beginWholeBlocks(bytes)
    takeBlocks(whole, count: whole.count / Self.blockBytes)
    keepRest(whole)
  }

  /// The next bytes of both. They go at full speed as far as both have some.
  package static func update(
    _ first: inout SHA256Lane, _ firstBytes: UnsafeRawBufferPointer,
    _ second: inout SHA256Lane, _ secondBytes: UnsafeRawBufferPointer
  ) {
    var firstWhole = first.beginWholeBlocks(firstBytes)
    var secondWhole = second.beginWholeBlocks(secondBytes)
    let count = min(firstWhole.count, secondWhole.count) / blockBytes
    if count > 0, let firstBase = firstWhole.baseAddress, let secondBase = secondWhole.baseAddress {
      withUnsafeMutableBytes(of: &first.words) { firstWords in
        withUnsafeMutableBytes(of: &second.words) { secondWords in
          csha256_pair(
            firstWords.baseAddress?.assumingMemoryBound(to: UInt32.self),
            firstBase.assumingMemoryBound(to: UInt8.self),
            secondWords.baseAddress?.assumingMemoryBound(to: UInt32.self),
            secondBase.assumingMemoryBound(to: UInt8.self), count)
        }
      }
      firstWhole = UnsafeRawBufferPointer(rebasing: firstWhole[(count * blockBytes)...])
      secondWhole = UnsafeRawBufferPointer(rebasing: secondWhole[(count * blockBytes)...])
    }
    first.takeBlocks(firstWhole, count: firstWhole.count / blockBytes)
    first.keepRest(firstWhole)
    second.takeBlocks(secondWhole, count: secondWhole.count / blockBytes)
    second.keepRest(secondWhole)
  }

  /// The hash of all bytes (FIPS 180-4 §5.1.1). Nothing may follow.
  package mutating func finish() -> ContentHash {
    let bitCount = byteCount * 8
    var padding = [UInt8](repeating: 0, count: 1)
    padding[0] = 0x80
    // 0x80, zeros, and the length in the last 8 bytes of a block.
    let used = (blockFill + 1 + 8) % Self.blockBytes
    if used != 0 { padding += [UInt8](repeating: 0, count: Self.blockBytes - used) }
    Swift.withUnsafeBytes(of: bitCount.bigEndian) { padding.append(contentsOf: $0) }
    padding.withUnsafeBytes { update($0) }
    let big = (
      words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian,
      words.4.bigEndian, words.5.bigEndian, words.6.bigEndian, words.7.bigEndian
    )
    return Swift.withUnsafeBytes(of: big) { ContentHash($0) }
  }

  /// Completes the block that was begun, as far as the bytes go.
  ///
  /// - Returns: what of them begins at a block; counted already.
  private mutating func beginWholeBlocks(
    _ bytes: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    let fill = blockFill
    byteCount += UInt64(bytes.count)
    guard fill > 0 else { return bytes }
    let count = min(Self.blockBytes - fill, bytes.count)
    let isComplete = withUnsafeMutableBytes(of: &block) { block in
      UnsafeMutableRawBufferPointer(rebasing: block[fill..<fill + count])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      return fill + count == Self.blockBytes
    }
    if isComplete {
      let complete = block
      Swift.withUnsafeBytes(of: complete) { takeBlocks($0, count: 1) }
    }
    return UnsafeRawBufferPointer(rebasing: bytes[count...])
  }

  private mutating func takeBlocks(_ bytes: UnsafeRawBufferPointer, count: Int) {
    guard count > 0, let base = bytes.baseAddress else { return }
    withUnsafeMutableBytes(of: &words) { words in
      csha256_blocks(
        words.baseAddress?.assumingMemoryBound(to: UInt32.self),
        base.assumingMemoryBound(to: UInt8.self), count)
    }
  }

  /// Keeps what is behind the last whole block.
  private mutating func keepRest(_ bytes: UnsafeRawBufferPointer) {
    let rest = bytes.count % Self.blockBytes
    guard rest > 0 else { return }
    withUnsafeMutableBytes(of: &block) { block in
      UnsafeMutableRawBufferPointer(rebasing: block[..<rest])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - rest)...]))
    }
  }
}
