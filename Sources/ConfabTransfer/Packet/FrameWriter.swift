/// How frames are spelled. Each `…Bytes` says what its frame needs, so that a packet is planned
/// before it is written.
extension PacketWriter {
  package static let pathProbeBytes = 9

  package static func contentHeaderBytes(offset: UInt64, hasLength: Bool) -> Int {
    1 + (offset <= PacketLimits.shortOffsetMax ? 5 : 8) + (hasLength ? 2 : 0)
  }

  /// Without the bytes themselves, which the caller puts behind it.
  package mutating func contentHeader(offset: UInt64, count: Int, hasLength: Bool) {
    if offset <= PacketLimits.shortOffsetMax {
      byte(hasLength ? FrameType.content : FrameType.contentToEnd)
      uint40(offset)
    } else {
      byte(hasLength ? FrameType.longContent : FrameType.longContentToEnd)
      uint64(offset)
    }
    if hasLength { uint16(UInt16(count)) }
  }

  package static func controlHeaderBytes(offset: UInt64) -> Int { 3 + integerBytes(offset) }

  package mutating func controlHeader(offset: UInt64, count: Int) {
    byte(FrameType.control)
    integer(offset)
    uint16(UInt16(count))
  }

  package static func creditBytes(_ value: UInt64) -> Int { 1 + integerBytes(value) }

  package mutating func contentCredit(_ bytes: UInt64) {
    byte(FrameType.contentCredit)
    integer(bytes)
  }

  package mutating func controlCredit(_ bytes: UInt64) {
    byte(FrameType.controlCredit)
    integer(bytes)
  }

  package mutating func ping() { byte(FrameType.ping) }

  package mutating func pathChallenge(_ token: UInt64) {
    byte(FrameType.pathChallenge)
    uint64(token)
  }

  package mutating func pathResponse(_ token: UInt64) {
    byte(FrameType.pathResponse)
    uint64(token)
  }

  package static func candidatesBytes(_ count: Int) -> Int {
    2 + count * PathCandidate.encodedBytes
  }

  package mutating func candidates(_ candidates: [PathCandidate]) {
    precondition(candidates.count <= PacketLimits.candidatesMax)
    byte(FrameType.candidates)
    byte(UInt8(candidates.count))
    for candidate in candidates {
      byte(candidate.kind.rawValue)
      uint64(candidate.address.high)
      uint64(candidate.address.low)
      uint16(candidate.address.port)
    }
  }

  package static func closeBytes(_ reason: String) -> Int {
    4 + min(reason.utf8.count, PacketLimits.closeReasonBytesMax)
  }

  package mutating func close(code: UInt16, reason: String) {
    byte(FrameType.close)
    uint16(code)
    let text = reason.utf8.prefix(PacketLimits.closeReasonBytesMax)
    byte(UInt8(text.count))
    for unit in text { byte(unit) }
  }

  /// The newest ranges that fit; the others wait for the next acknowledgement.
  ///
  /// - Parameters:
  ///   - ranges: the oldest first, neither touching nor overlapping; at least one.
  /// - Returns: how many bytes were written; 0 when not even one range fits.
  package mutating func acknowledgement(
    ranges: UnsafeBufferPointer<PacketNumberRange>, delayMicroseconds: UInt64,
    marks: ECNCounts?, hostDrops: UInt64
  ) -> Int {
    guard let newest = ranges.last else { return 0 }
    let start = position
    var tail = Self.integerBytes(hostDrops)
    if let marks {
      tail += Self.integerBytes(marks.ect0) + Self.integerBytes(marks.ect1)
      tail += Self.integerBytes(marks.congestionExperienced)
    }
    let head =
      2 + Self.integerBytes(newest.last) + Self.integerBytes(delayMicroseconds)
      + Self.integerBytes(newest.last - newest.first)
    guard remaining >= head + tail else { return 0 }
    byte(marks == nil ? FrameType.acknowledgement : FrameType.acknowledgementECN)
    integer(newest.last)
    integer(delayMicroseconds)
    let countPlace = place
    byte(0)
    integer(newest.last - newest.first)
    var count = 1
    var below = newest.first
    var index = ranges.count - 2
    while index >= 0, count < PacketLimits.acknowledgedRangesMax {
      let range = ranges[index]
      let gap = below - range.last - 2
      let more = range.last - range.first
      guard remaining >= Self.integerBytes(gap) + Self.integerBytes(more) + tail else { break }
      integer(gap)
      integer(more)
      below = range.first
      count += 1
      index -= 1
    }
    countPlace.storeBytes(of: UInt8(count - 1), as: UInt8.self)
    if let marks {
      integer(marks.ect0)
      integer(marks.ect1)
      integer(marks.congestionExperienced)
    }
    integer(hostDrops)
    return position - start
  }
}
