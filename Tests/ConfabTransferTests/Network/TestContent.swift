import ConfabTransfer
import Primitives

/// The content that is sent: bytes of chance, kept whole so that a difference can be found.
struct TestSource: ContentSource, ~Copyable {
  let bytes: [UInt8]
  /// Reads that fail before one succeeds again.
  var failuresLeft = 0

  init(count: Int, seed: UInt64) {
    var chance = SeededRandom(seed: seed)
    bytes = [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, initialized in
      var place = 0
      while place < count {
        UnsafeMutableRawBufferPointer(buffer).storeBytes(
          of: chance.next(), toByteOffset: place, as: UInt64.self)
        place += 8
      }
      initialized = count
    }
  }

  mutating func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    if failuresLeft > 0 {
      failuresLeft -= 1
      return false
    }
    bytes.withUnsafeBytes { source in
      buffer.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: source[Int(offset)..<Int(offset) + buffer.count]))
    }
    return true
  }
}

/// What arrived.
struct TestSink: ContentSink, ~Copyable {
  private(set) var bytes: [UInt8]
  /// Bytes written, each time they were.
  private(set) var written = 0

  init(count: Int) { bytes = [UInt8](repeating: 0, count: count) }

  mutating func write(_ piece: UnsafeRawBufferPointer, at offset: UInt64) {
    written += piece.count
    bytes.withUnsafeMutableBytes { target in
      UnsafeMutableRawBufferPointer(
        rebasing: target[Int(offset)..<Int(offset) + piece.count]
      ).copyMemory(from: piece)
    }
  }
}
