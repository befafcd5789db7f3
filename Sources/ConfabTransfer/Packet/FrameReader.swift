/// Takes the frames of an opened packet apart, one by one.
///
/// It trusts nothing: a field that is not there, a length beyond the packet, a range below zero, an
/// offset beyond 2^62, or a type that does not exist ends the reading with `isMalformed`. Who sent
/// that has our keys, so it is not an accident on the way, and the connection ends.
package struct FrameReader {
  private var reader: PacketReader
  /// Where an acknowledgement's ranges go: room for `acknowledgedRangesMax`.
  private let ranges: UnsafeMutablePointer<PacketNumberRange>
  package private(set) var isMalformed = false

  package init(
    _ payload: UnsafeRawBufferPointer, ranges: UnsafeMutablePointer<PacketNumberRange>
  ) {
    reader = PacketReader(payload)
    self.ranges = ranges
  }

  /// Nil at the end, and when what follows is malformed.
  package mutating func next() -> Frame? {
    guard !isMalformed, reader.remaining > 0 else { return nil }
    let frame = read(type: reader.byte())
    guard let frame, !reader.isTruncated else {
      isMalformed = true
      return nil
    }
    return frame
  }

  private mutating func read(type: UInt8) -> Frame? {
    switch type {
    case FrameType.padding:
      // Whatever follows is there for the packet's size only.
      reader.skip(reader.remaining)
      return .padding
    case FrameType.ping: return .ping
    case FrameType.acknowledgement: return acknowledgement(hasMarks: false)
    case FrameType.acknowledgementECN: return acknowledgement(hasMarks: true)
    case FrameType.contentToEnd:
      return content(offset: reader.uint40(), count: reader.remaining)
    case FrameType.content:
      let offset = reader.uint40()
      return content(offset: offset, count: Int(reader.uint16()))
    case FrameType.longContentToEnd:
      return content(offset: reader.uint64(), count: reader.remaining)
    case FrameType.longContent:
      let offset = reader.uint64()
      return content(offset: offset, count: Int(reader.uint16()))
    case FrameType.control: return control()
    case FrameType.contentCredit: return .contentCredit(reader.integer())
    case FrameType.controlCredit: return .controlCredit(reader.integer())
    case FrameType.pathChallenge: return .pathChallenge(reader.uint64())
    case FrameType.pathResponse: return .pathResponse(reader.uint64())
    case FrameType.candidates: return candidates()
    case FrameType.close: return close()
    default: return nil
    }
  }

  private mutating func content(offset: UInt64, count: Int) -> Frame? {
    guard offset <= PacketLimits.integerMax - UInt64(count), count > 0 else { return nil }
    let start = reader.position
    reader.skip(count)
    return .content(offset: offset, start: start, count: count)
  }

  private mutating func control() -> Frame? {
    let offset = reader.integer()
    let count = Int(reader.uint16())
    guard offset <= PacketLimits.integerMax - UInt64(count), count > 0 else { return nil }
    let start = reader.position
    reader.skip(count)
    return .control(offset: offset, start: start, count: count)
  }

  private mutating func candidates() -> Frame? {
    let count = Int(reader.byte())
    guard count <= PacketLimits.candidatesMax else { return nil }
    let start = reader.position
    reader.skip(count * PathCandidate.encodedBytes)
    return .candidates(start: start, count: count)
  }

  private mutating func close() -> Frame? {
    let code = reader.uint16()
    let count = Int(reader.byte())
    guard count <= PacketLimits.closeReasonBytesMax else { return nil }
    let start = reader.position
    reader.skip(count)
    return .close(code: code, start: start, count: count)
  }

  /// As RFC 9000 §19.3, with a count of ranges that fits one byte, and the host's drops at the end.
  private mutating func acknowledgement(hasMarks: Bool) -> Frame? {
    var frame = AcknowledgementFrame()
    frame.largest = reader.integer()
    frame.delayMicroseconds = reader.integer()
    frame.rangeCount = Int(reader.byte()) + 1
    var last = frame.largest
    for index in 0..<frame.rangeCount {
      if index > 0 {
        // Two ranges are at least one packet apart, or they would be one.
        let gap = reader.integer()
        guard last >= gap + 2 else { return nil }
        last -= gap + 2
      }
      let more = reader.integer()
      guard !reader.isTruncated, more <= last else { return nil }
      ranges[index] = PacketNumberRange(first: last - more, last: last)
      last -= more
    }
    if hasMarks {
      var marks = ECNCounts()
      marks.ect0 = reader.integer()
      marks.ect1 = reader.integer()
      marks.congestionExperienced = reader.integer()
      frame.marks = marks
    }
    frame.hostDrops = reader.integer()
    return .acknowledgement(frame)
  }
}
