/// Numbers in network byte order. Whoever reads or writes has checked that the place is within the
/// buffer: running over is our own mistake.
extension UnsafeRawBufferPointer {
  @inline(__always)
  package func word(at offset: Int) -> UInt16 {
    UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  @inline(__always)
  package func long(at offset: Int) -> UInt32 {
    UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  @inline(__always)
  package func quad(at offset: Int) -> UInt64 {
    UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// 24 bits.
  @inline(__always)
  package func triple(at offset: Int) -> UInt32 {
    UInt32(self[offset]) << 16 | UInt32(word(at: offset + 1))
  }
}

extension UnsafeMutableRawBufferPointer {
  @inline(__always)
  package func set(word: UInt16, at offset: Int) {
    storeBytes(of: word.bigEndian, toByteOffset: offset, as: UInt16.self)
  }

  @inline(__always)
  package func set(long: UInt32, at offset: Int) {
    storeBytes(of: long.bigEndian, toByteOffset: offset, as: UInt32.self)
  }

  @inline(__always)
  package func set(quad: UInt64, at offset: Int) {
    storeBytes(of: quad.bigEndian, toByteOffset: offset, as: UInt64.self)
  }

  /// The low 24 bits.
  @inline(__always)
  package func set(triple: UInt32, at offset: Int) {
    self[offset] = UInt8(truncatingIfNeeded: triple >> 16)
    set(word: UInt16(truncatingIfNeeded: triple), at: offset + 1)
  }
}
