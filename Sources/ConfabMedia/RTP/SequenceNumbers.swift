/// Makes of the 16-bit numbers on the wire such as never wrap: the nearest to the highest so far.
///
/// They begin beyond 2^16, so that what is late at the start is still above zero.
package struct SequenceUnwrapper: Hashable, Sendable {
  package private(set) var highest: UInt64 = 0

  package init() {}

  package var hasBegun: Bool { highest != 0 }

  @inline(__always)
  package mutating func unwrap(_ sequence: UInt16) -> UInt64 {
    guard highest != 0 else {
      highest = 1 << 16 | UInt64(sequence)
      return highest
    }
    let number = peek(sequence)
    if number > highest { highest = number }
    return number
  }

  /// As `unwrap`, without taking note of it.
  @inline(__always)
  package func peek(_ sequence: UInt16) -> UInt64 {
    let step = Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: highest))
    let number = highest &+ UInt64(bitPattern: Int64(step))
    // A stream that began lately may get packets from before its beginning.
    return number > UInt64(Int64.max) ? 0 : number
  }
}

extension UInt32 {
  /// Whether this RTP timestamp lies after the other, given that both are within half of their range.
  @inline(__always)
  package func isAfter(timestamp other: UInt32) -> Bool {
    Int32(bitPattern: self &- other) > 0
  }
}
