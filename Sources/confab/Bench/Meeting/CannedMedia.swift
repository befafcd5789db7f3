import ConfabMedia
import ConfabNetwork

/// VP8 that no decoder has to like: right headers, pictures of a size, and the time of sending in each
/// packet.
struct CannedVideo {
  /// Header, descriptor, and what a key frame begins with.
  private static let headerBytes = 12 + 4 + 10
  private static let packetBytesMax = 1_100
  static let timeOffset = 12 + 4 + 10
  /// The same from where the payload begins.
  static let payloadTimeOffset = timeOffset - RTPHeader.fixedBytes

  let stream: PeerStream
  let frameBytes: Int
  let framesPerSecond: Int
  private var sequence: UInt16
  private var picture: UInt16 = 0
  private(set) var frames = 0
  /// The next picture is whole.
  var needsKeyframe = true

  init(stream: PeerStream, kilobitsPerSecond: Int, framesPerSecond: Int) {
    self.stream = stream
    self.framesPerSecond = framesPerSecond
    frameBytes = max(kilobitsPerSecond * 125 / framesPerSecond, Self.headerBytes + 8)
    sequence = UInt16(truncatingIfNeeded: stream.ssrc)
  }

  /// The packets of the next picture.
  mutating func nextFrame(at nanoseconds: UInt64, _ body: (UnsafeRawBufferPointer) -> Void) {
    let isWhole = needsKeyframe
    needsKeyframe = false
    picture = (picture + 1) & 0x7FFF
    let timestamp = UInt32(truncatingIfNeeded: frames * 90_000 / framesPerSecond)
    frames += 1
    let count = (frameBytes + Self.packetBytesMax - 1) / Self.packetBytesMax
    var packet = [UInt8](repeating: 0x5A, count: max(frameBytes / count, Self.timeOffset + 8))
    for index in 0..<count {
      let isLast = index == count - 1
      sequence &+= 1
      packet[0] = 0x80
      packet[1] = stream.payloadType | (isLast ? 0x80 : 0)
      Self.put(UInt64(sequence), bytes: 2, into: &packet, at: 2)
      Self.put(UInt64(timestamp), bytes: 4, into: &packet, at: 4)
      Self.put(UInt64(stream.ssrc), bytes: 4, into: &packet, at: 8)
      // RFC 7741 §4.2: extended, start of a partition; a picture number of 15 bits.
      packet[12] = index == 0 ? 0x90 : 0x80
      packet[13] = 0x80
      Self.put(UInt64(picture | 0x8000), bytes: 2, into: &packet, at: 14)
      // RFC 7741 §4.3: the lowest bit is 0 in a key frame; then its start code and its size.
      packet[16] = index == 0 && isWhole ? 0x10 : 0x11
      packet.replaceSubrange(17..<26, with: [0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01])
      Self.put(nanoseconds, bytes: 8, into: &packet, at: Self.timeOffset)
      packet.withUnsafeBytes { body($0) }
    }
  }

  fileprivate static func put(
    _ value: UInt64, bytes count: Int, into packet: inout [UInt8], at offset: Int
  ) {
    for index in 0..<count {
      packet[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index)))
    }
  }
}

/// Packets of Opus that no decoder has to like: as long as speech, with the time of sending in each.
struct CannedSound {
  static let interval = Duration.milliseconds(20)
  private static let samples: UInt32 = 960
  /// 24 kbit/s.
  private static let payloadBytes = 60
  private static let levelExtension = PeerSession.levelExtension
  /// Where the time stands in the payload.
  static let timeOffset = 1
  private static let headerBytes = 12 + 8

  let stream: PeerStream
  let isLoud: Bool
  private var sequence: UInt16
  private var timestamp: UInt32 = 0

  init(stream: PeerStream, isLoud: Bool) {
    self.stream = stream
    self.isLoud = isLoud
    sequence = UInt16(truncatingIfNeeded: stream.ssrc)
  }

  mutating func next(at nanoseconds: UInt64, _ body: (UnsafeRawBufferPointer) -> Void) {
    sequence &+= 1
    timestamp &+= Self.samples
    var packet = [UInt8](repeating: 0x5A, count: Self.headerBytes + Self.payloadBytes)
    packet[0] = 0x90
    packet[1] = stream.payloadType
    CannedVideo.put(UInt64(sequence), bytes: 2, into: &packet, at: 2)
    CannedVideo.put(UInt64(timestamp), bytes: 4, into: &packet, at: 4)
    CannedVideo.put(UInt64(stream.ssrc), bytes: 4, into: &packet, at: 8)
    // RFC 8285 §4.2: one word of elements, of which one is how loud it is (RFC 6464).
    let level: UInt8 = isLoud ? 20 : 100
    packet.replaceSubrange(
      12..<20, with: [0xBE, 0xDE, 0, 1, Self.levelExtension << 4, 0x80 | level, 0, 0])
    packet[Self.headerBytes] = 0xFC
    CannedVideo.put(nanoseconds, bytes: 8, into: &packet, at: Self.headerBytes + Self.timeOffset)
    packet.withUnsafeBytes { body($0) }
  }
}
