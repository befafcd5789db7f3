/// VP8 and Opus out of WebM or Matroska (RFC 9559), which is EBML (RFC 8794): elements of a number, a
/// length and what they hold, one within the other.
///
/// Only a few are read, the rest is left out by its length. Which element lies in which does not matter
/// for these, so those that hold others are entered and never left: files without lengths, as browsers
/// record them, need nothing more.
struct WebMReader: Sendable {
  static let mark: [UInt8] = [0x1A, 0x45, 0xDF, 0xA3]
  private static let numberBytesMax = 4
  private static let lengthBytesMax = 8
  private static let nameBytesMax = 64

  private enum Element {
    static let segment: UInt64 = 0x1853_8067
    static let info: UInt64 = 0x1549_A966
    static let timestampScale: UInt64 = 0x2A_D7B1
    static let tracks: UInt64 = 0x1654_AE6B
    static let track: UInt64 = 0xAE
    static let trackNumber: UInt64 = 0xD7
    static let trackType: UInt64 = 0x83
    static let codec: UInt64 = 0x86
    static let contentEncodings: UInt64 = 0x6D80
    static let cluster: UInt64 = 0x1F43_B675
    static let timestamp: UInt64 = 0xE7
    static let group: UInt64 = 0xA0
    static let block: UInt64 = 0xA1
    static let simpleBlock: UInt64 = 0xA3

    static let entered = [segment, info, tracks, cluster, group]
    static let numbers = [timestampScale, trackNumber, trackType, timestamp]
    static let blocks = [block, simpleBlock]
  }

  private struct Track {
    var number: UInt64 = 0
    var type: UInt64 = 0
    var codec = ""
    var isEncoded = false

    /// RFC 9559 §5.1.4.1.3.
    var kind: MediaKind? {
      switch type {
      case 1: .video
      case 2: .audio
      default: nil
      }
    }
  }

  private static let codecs: [MediaKind: String] = [.video: "V_VP8", .audio: "A_OPUS"]

  private var unfinished: Track?
  /// The first of each kind.
  private var chosen: [MediaKind: UInt64] = [:]
  private var refused: [MediaKind: String] = [:]
  /// RFC 9559 §5.1.2.9.
  private var nanosecondsPerTick: UInt64 = 1_000_000
  private var clusterTicks: UInt64 = 0

  init() {}

  mutating func next(_ input: inout RecordingInput) throws(RecordingError) -> RecordedFrame? {
    while let header = try Self.header(input) {
      let body = header.length
      if Element.entered.contains(header.number) || header.number == Element.track {
        input.skip(UInt64(header.bytes))
        try enter(header.number)
      } else if Element.blocks.contains(header.number) {
        guard let body, body <= RecordingLimits.frameBytesMax else {
          throw .damaged("a block of more than \(RecordingLimits.frameBytesMax) bytes")
        }
        guard input.count >= header.bytes + Int(body) else { return nil }
        input.skip(UInt64(header.bytes))
        if let frame = try block(input.take(Int(body))) { return frame }
      } else if Element.numbers.contains(header.number) || header.number == Element.codec {
        let bytesMax = header.number == Element.codec ? Self.nameBytesMax : 8
        guard let body, body <= bytesMax else {
          throw .damaged("an element of more than \(bytesMax) bytes")
        }
        guard input.count >= header.bytes + Int(body) else { return nil }
        input.skip(UInt64(header.bytes))
        try read(header.number, input.take(Int(body)))
      } else {
        if header.number == Element.contentEncodings { unfinished?.isEncoded = true }
        guard let body else { throw .damaged("an element without a length") }
        input.skip(UInt64(header.bytes))
        input.skip(body)
      }
    }
    return nil
  }

  // MARK: - Elements

  private struct Header {
    var number: UInt64
    /// Nil when the element ends where it ends.
    var length: UInt64?
    var bytes: Int
  }

  /// RFC 8794 §4: the zeros before the first one say how many bytes a number has.
  private static func header(_ input: RecordingInput) throws(RecordingError) -> Header? {
    guard input.count > 0 else { return nil }
    let numberBytes = input[0].leadingZeroBitCount + 1
    guard numberBytes <= numberBytesMax else { throw .damaged("no element where one must be") }
    guard input.count > numberBytes else { return nil }
    let lengthBytes = input[numberBytes].leadingZeroBitCount + 1
    guard lengthBytes <= lengthBytesMax else { throw .damaged("an element of impossible length") }
    let bytes = numberBytes + lengthBytes
    guard input.count >= bytes else { return nil }
    let mask = UInt64(1) << UInt64(7 * lengthBytes) - 1
    let length = input.bigEndian(numberBytes..<bytes) & mask
    return Header(
      number: input.bigEndian(0..<numberBytes), length: length == mask ? nil : length, bytes: bytes)
  }

  private mutating func enter(_ number: UInt64) throws(RecordingError) {
    switch number {
    case Element.track:
      closeTrack()
      unfinished = Track()
    case Element.cluster:
      closeTrack()
      if let other = refused.first(where: { chosen[$0.key] == nil }) { throw .codec(other.value) }
      guard chosen[.video] != nil else { throw RecordingError("has no pictures") }
    default: break
    }
  }

  private mutating func closeTrack() {
    guard let track = unfinished else { return }
    unfinished = nil
    guard let kind = track.kind, chosen[kind] == nil else { return }
    if track.codec == Self.codecs[kind], !track.isEncoded {
      chosen[kind] = track.number
    } else {
      refused[kind] = track.isEncoded ? "packed or encrypted tracks" : Self.name(of: track.codec)
    }
  }

  /// `V_MPEG4/ISO/AVC` as people know it.
  private static func name(of codec: String) -> String {
    let known = ["V_MPEG4/ISO/AVC": "H.264", "V_MPEGH/ISO/HEVC": "H.265"]
    let word = codec.dropFirst(2).prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
    return known[codec] ?? (word.isEmpty ? "an unknown codec" : String(word))
  }

  private mutating func read(_ number: UInt64, _ bytes: [UInt8]) throws(RecordingError) {
    if number == Element.codec {
      unfinished?.codec = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      return
    }
    let value = bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    switch number {
    case Element.timestampScale:
      guard value > 0 else { throw .damaged("its clock does not go") }
      nanosecondsPerTick = value
    case Element.trackNumber: unfinished?.number = value
    case Element.trackType: unfinished?.type = value
    default: clusterTicks = value
    }
  }

  // MARK: - Blocks

  /// RFC 9559 §10.1: track, 16 bits of time from the cluster's, flags, and a frame.
  ///
  /// - Returns: nil when it is of a track that is not presented.
  private func block(_ bytes: [UInt8]) throws(RecordingError) -> RecordedFrame? {
    guard let first = bytes.first else { throw .damaged("an empty block") }
    let trackBytes = first.leadingZeroBitCount + 1
    guard trackBytes <= Self.lengthBytesMax, bytes.count > trackBytes + 3 else {
      throw .damaged("a block that ends too early")
    }
    let mask = UInt64(1) << UInt64(7 * trackBytes) - 1
    let track = bytes[..<trackBytes].reduce(0 as UInt64) { $0 << 8 | UInt64($1) } & mask
    guard let kind = chosen.first(where: { $0.value == track })?.key else { return nil }
    guard bytes[trackBytes + 2] & 0x06 == 0 else {
      throw RecordingError("packs several frames into a block: copy it with 'ffmpeg -c copy' first")
    }
    let relative = Int16(
      bitPattern: UInt16(bytes[trackBytes]) << 8 | UInt16(bytes[trackBytes + 1]))
    let (ticks, isTooLate) = clusterTicks.addingReportingOverflow(UInt64(max(relative, 0)))
    let early = UInt64(max(0, -Int(relative)))
    let (time, isTooLong) = (ticks - min(early, ticks))
      .multipliedReportingOverflow(by: nanosecondsPerTick)
    guard !isTooLate, !isTooLong else { throw .damaged("a frame at an impossible time") }
    return RecordedFrame(
      kind: kind, nanoseconds: time, bytes: Array(bytes[(trackBytes + 3)...]))
  }
}
