/// Files as other programs write them, with frames that no decoder has to like.
enum RecordingBytes {
  static func ivf(
    codec: String = "VP80", rate: UInt32 = 30, scale: UInt32 = 1, frames: [(UInt64, [UInt8])]
  ) -> [UInt8] {
    var bytes = Array("DKIF".utf8) + little(0, 2) + little(32, 2) + Array(codec.utf8)
    bytes += little(640, 2) + little(360, 2) + little(UInt64(rate), 4) + little(UInt64(scale), 4)
    bytes += little(UInt64(frames.count), 4) + little(0, 4)
    for (ticks, frame) in frames {
      bytes += little(UInt64(frame.count), 4) + little(ticks, 8) + frame
    }
    return bytes
  }

  private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  // MARK: - WebM

  static let mark: [UInt8] = [0x1A, 0x45, 0xDF, 0xA3]

  /// - Parameter id: with its own marks of length.
  static func element(_ id: UInt32, _ body: [UInt8], hasLength: Bool = true) -> [UInt8] {
    let number = (0..<4).reversed().map { UInt8(truncatingIfNeeded: id >> UInt32(8 * $0)) }
      .drop { $0 == 0 }
    // Eight bytes of length, or all of them set: it ends where it ends.
    let length =
      hasLength
      ? [0x01] + (0..<7).reversed().map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) }
      : [0x01] + Array(repeating: UInt8(0xFF), count: 7)
    return number + length + body
  }

  static func track(_ number: UInt8, type: UInt8, codec: String) -> [UInt8] {
    element(
      0xAE,
      element(0xD7, [number]) + element(0x83, [type]) + element(0x86, Array(codec.utf8))
        + element(0xE0, element(0xB0, [2, 0x80])))
  }

  static func block(track: UInt8, ticks: Int16, flags: UInt8 = 0, _ frame: [UInt8]) -> [UInt8] {
    let time = UInt16(bitPattern: ticks)
    return [0x80 | track, UInt8(time >> 8), UInt8(truncatingIfNeeded: time), flags] + frame
  }

  static func webm(
    tracks: [UInt8], clusters: [(ticks: UInt16, blocks: [UInt8])], hasLengths: Bool = true
  ) -> [UInt8] {
    var segment = element(0xEC, [1, 2, 3])
    segment += element(0x1549_A966, element(0x2A_D7B1, [0x0F, 0x42, 0x40]))
    segment += element(0x1654_AE6B, tracks)
    for cluster in clusters {
      let time: [UInt8] = [UInt8(cluster.ticks >> 8), UInt8(truncatingIfNeeded: cluster.ticks)]
      segment += element(
        0x1F43_B675, element(0xE7, time) + cluster.blocks, hasLength: hasLengths)
    }
    return mark + [0x84, 1, 2, 3, 4]
      + element(0x1853_8067, segment, hasLength: hasLengths)
  }
}
