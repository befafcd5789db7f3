/// Pictures one behind the other, as the encoders of VP8 write them for tests. All numbers begin with
/// their lowest byte.
///
///     "DKIF" | version 16 | header's length 16 | codec, 4 letters | width 16 | height 16 |
///     ticks a second 32 | units a tick 32 | pictures 32 | unused 32
///     for each picture: length 32 | time in ticks 64 | bytes
struct IVFReader: Sendable {
  static let mark = Array("DKIF".utf8)
  private static let headerBytes = 32
  private static let frameHeaderBytes = 12
  private static let codecNames = ["VP90": "VP9", "AV01": "AV1", "H264": "H.264"]

  /// Nil before the header.
  private var tickRate: (numerator: UInt64, denominator: UInt64)?

  init() {}

  mutating func next(_ input: inout RecordingInput) throws(RecordingError) -> RecordedFrame? {
    if tickRate == nil {
      guard input.count >= Self.headerBytes else { return nil }
      try readHeader(&input)
    }
    guard let tickRate, input.count >= Self.frameHeaderBytes else { return nil }
    let length = Int(input.littleEndian(0..<4))
    guard (1...RecordingLimits.frameBytesMax).contains(length) else {
      throw .damaged("a picture of \(length) bytes")
    }
    guard input.count >= Self.frameHeaderBytes + length else { return nil }
    let ticks = input.littleEndian(4..<12)
    let (units, isTooLate) = ticks.multipliedReportingOverflow(by: tickRate.numerator)
    let nanoseconds = units.multipliedFullWidth(by: 1_000_000_000)
    guard !isTooLate, nanoseconds.high < tickRate.denominator else {
      throw .damaged("a picture at an impossible time")
    }
    let time = tickRate.denominator.dividingFullWidth(nanoseconds).quotient
    input.skip(UInt64(Self.frameHeaderBytes))
    return RecordedFrame(kind: .video, nanoseconds: time, bytes: input.take(length))
  }

  private mutating func readHeader(_ input: inout RecordingInput) throws(RecordingError) {
    let length = input.littleEndian(6..<8)
    let rate = (
      numerator: input.littleEndian(20..<24), denominator: input.littleEndian(16..<20)
    )
    let letters = (8..<12).map { input[$0] }
    guard length >= Self.headerBytes, rate.numerator > 0, rate.denominator > 0 else {
      throw .damaged("its header says no rate")
    }
    let codec = String(decoding: letters, as: UTF8.self)
    guard codec == "VP80" else { throw .codec(Self.codecNames[codec] ?? "an unknown codec") }
    input.skip(length)
    tickRate = rate
  }
}
