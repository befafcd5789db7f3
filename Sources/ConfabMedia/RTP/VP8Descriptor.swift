/// The descriptor that begins each VP8 payload (RFC 7741 §4.2).
///
///     |X|R|N|S|R| PID |   X: the next byte is there, S: a partition begins here
///     |I|L|T|K|  RSV  |
///     |M| PictureID   |   I; 15 bits when M is set
///     |   TL0PICIDX   |   L
///     |TID|Y| KEYIDX  |   T or K
package struct VP8Descriptor: Hashable, Sendable {
  /// With everything in it.
  package static let bytesMax = 6

  package var isNonReference = false
  package var isPartitionStart = false
  package var partition: UInt8 = 0
  /// 15 bits, or 7 as it may come.
  package var pictureID: UInt16?
  package var isPictureIDLong = false
  package var tl0PictureIndex: UInt8?
  /// Nil when the stream has no temporal layers.
  package var temporalLayer: UInt8?
  /// This frame of a higher temporal layer relies on the base layer alone.
  package var isLayerSync = false
  /// 5 bits.
  package var keyIndex: UInt8?
  /// How many bytes of the payload it takes.
  package var bytes = 1
  /// The first bytes of a frame that relies on no other one.
  package var isKeyframeStart = false

  package init() {}

  /// Nil when the payload ends within it, or is nothing but a descriptor.
  package init?(_ payload: UnsafeRawBufferPointer) {
    guard payload.count >= 1 else { return nil }
    let first = payload[0]
    isNonReference = first & 0x20 != 0
    isPartitionStart = first & 0x10 != 0
    partition = first & 0x07
    var position = 1
    if first & 0x80 != 0 {
      guard payload.count >= 2 else { return nil }
      let flags = payload[1]
      position = 2
      if flags & 0x80 != 0 {
        guard payload.count > position else { return nil }
        isPictureIDLong = payload[position] & 0x80 != 0
        if isPictureIDLong {
          guard payload.count > position + 1 else { return nil }
          pictureID = payload.word(at: position) & 0x7FFF
          position += 2
        } else {
          pictureID = UInt16(payload[position])
          position += 1
        }
      }
      if flags & 0x40 != 0 {
        guard payload.count > position else { return nil }
        tl0PictureIndex = payload[position]
        position += 1
      }
      if flags & 0x30 != 0 {
        guard payload.count > position else { return nil }
        if flags & 0x20 != 0 {
          temporalLayer = payload[position] >> 6
          isLayerSync = payload[position] & 0x20 != 0
        }
        if flags & 0x10 != 0 { keyIndex = payload[position] & 0x1F }
        position += 1
      }
    }
    guard payload.count > position else { return nil }
    bytes = position
    // The lowest bit of VP8's own header is 0 in a key frame (RFC 6386 §9.1).
    isKeyframeStart = isPartitionStart && partition == 0 && payload[position] & 1 == 0
  }

  /// Writes it with the same fields, the PictureID always with 15 bits.
  ///
  /// - Parameter buffer: room for `bytesMax`.
  /// - Returns: how many bytes it has now.
  package func write(to buffer: UnsafeMutableRawBufferPointer) -> Int {
    var flags: UInt8 = 0
    var position = 2
    if let pictureID {
      flags |= 0x80
      buffer.set(word: 0x8000 | pictureID, at: position)
      position += 2
    }
    if let tl0PictureIndex {
      flags |= 0x40
      buffer[position] = tl0PictureIndex
      position += 1
    }
    if temporalLayer != nil || keyIndex != nil {
      var byte: UInt8 = keyIndex.map { $0 & 0x1F } ?? 0
      if keyIndex != nil { flags |= 0x10 }
      if let temporalLayer {
        flags |= 0x20
        byte |= temporalLayer << 6 | (isLayerSync ? 0x20 : 0)
      }
      buffer[position] = byte
      position += 1
    }
    buffer[0] =
      (flags != 0 ? 0x80 : 0) | (isNonReference ? 0x20 : 0) | (isPartitionStart ? 0x10 : 0)
      | partition
    guard flags != 0 else { return 1 }
    buffer[1] = flags
    return position
  }
}
