/// Writes a fresh header, its elements in the one-byte form, into memory that the caller owns.
///
/// The order of calls is the order on the wire: the fixed part, elements, `finish`.
package struct RTPHeaderWriter {
  /// The fixed part, the extension's own header, and every element that we ever send.
  package static let bytesMax = RTPHeader.fixedBytes + 4 + 44

  private let bytes: UnsafeMutableRawBufferPointer
  private var position = RTPHeader.fixedBytes

  /// - Parameter bytes: room for at least `bytesMax`.
  package init(
    _ bytes: UnsafeMutableRawBufferPointer, payloadType: UInt8, marker: Bool, sequence: UInt16,
    timestamp: UInt32, ssrc: UInt32, hasPadding: Bool = false
  ) {
    precondition(bytes.count >= Self.bytesMax)
    self.bytes = bytes
    bytes[0] = RTPHeader.version << 6 | (hasPadding ? 0x20 : 0)
    bytes[1] = payloadType | (marker ? 0x80 : 0)
    bytes.set(word: sequence, at: 2)
    bytes.set(long: timestamp, at: 4)
    bytes.set(long: ssrc, at: 8)
  }

  @inline(__always)
  private mutating func begin(_ number: UInt8, _ count: Int) {
    precondition(count >= 1 && count <= 16 && position + 1 + count <= Self.bytesMax)
    if position == RTPHeader.fixedBytes {
      bytes[0] |= 0x10
      position += 4
    }
    bytes[position] = number << 4 | UInt8(count - 1)
    position += 1
  }

  package mutating func element(_ number: UInt8, byte: UInt8) {
    begin(number, 1)
    bytes[position] = byte
    position += 1
  }

  package mutating func element(_ number: UInt8, word: UInt16) {
    begin(number, 2)
    bytes.set(word: word, at: position)
    position += 2
  }

  package mutating func element(_ number: UInt8, triple: UInt32) {
    begin(number, 3)
    bytes.set(triple: triple, at: position)
    position += 3
  }

  /// - Parameter text: 1 to 16 bytes.
  package mutating func element(_ number: UInt8, text: UnsafeRawBufferPointer) {
    begin(number, text.count)
    UnsafeMutableRawBufferPointer(rebasing: bytes[position..<position + text.count])
      .copyMemory(from: text)
    position += text.count
  }

  /// - Returns: how many bytes the header has.
  package mutating func finish() -> Int {
    guard position > RTPHeader.fixedBytes else { return position }
    while position % 4 != 0 {
      bytes[position] = 0
      position += 1
    }
    let start = RTPHeader.fixedBytes
    bytes.set(word: HeaderExtensionForm.oneByteProfile, at: start)
    bytes.set(word: UInt16((position - start - 4) / 4), at: start + 2)
    return position
  }
}
