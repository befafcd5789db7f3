import ConfabTransfer

/// Reads a datagram as a packet that could be opened. What a frame names lies within the packet, ranges
/// fall and do not touch, and what was understood is the same when it is written and read again.
package func exercisePacket(_ bytes: [UInt8]) {
  bytes.withUnsafeBytes { datagram in
    if let header = ShortHeader(datagram) {
      var copy = [UInt8](repeating: 0, count: PacketLimits.shortHeaderBytes)
      copy.withUnsafeMutableBytes { place in
        if let base = place.baseAddress { header.write(to: base) }
      }
      precondition(copy == Array(bytes.prefix(copy.count)), "a header changed by being written")
    }
    for expected in [0, 1 << 23, 1 << 24, UInt64(bytes.count) << 40] as [UInt64] {
      let truncated = UInt32(bytes.prefix(3).reduce(0) { $0 << 8 | Int($1) })
      let number = PacketNumber.expand(truncated, expected: expected)
      precondition(PacketNumber.truncate(number) == truncated, "a number that ends in other bits")
    }
    readFrames(datagram)
  }
}

private func readFrames(_ payload: UnsafeRawBufferPointer) {
  withRanges { ranges in
    var reader = FrameReader(payload, ranges: ranges)
    var count = 0
    while let frame = reader.next() {
      count += 1
      precondition(count <= payload.count, "more frames than bytes")
      check(frame, payload, ranges)
      rewrite(frame, payload, ranges)
    }
  }
}

private func check(
  _ frame: Frame, _ payload: UnsafeRawBufferPointer,
  _ ranges: UnsafeMutablePointer<PacketNumberRange>
) {
  switch frame {
  case .content(let offset, let start, let count), .control(let offset, let start, let count):
    precondition(count > 0 && start >= 0 && start + count <= payload.count, "bytes from elsewhere")
    precondition(offset + UInt64(count) <= PacketLimits.integerMax, "an end beyond all numbers")
  case .candidates(let start, let count):
    precondition(
      count <= PacketLimits.candidatesMax
        && start + count * PacketLimits.candidateBytes <= payload.count, "addresses from elsewhere")
  case .close(_, let start, let count):
    precondition(start + count <= payload.count, "a reason from elsewhere")
  case .acknowledgement(let frame):
    precondition(
      (1...PacketLimits.acknowledgedRangesMax).contains(frame.rangeCount), "ranges without number")
    precondition(ranges[0].last == frame.largest, "the largest is not in the first range")
    for index in 0..<frame.rangeCount {
      precondition(ranges[index].first <= ranges[index].last, "a range that ends before it begins")
      let isBelow = index == 0 || ranges[index].last + 1 < ranges[index - 1].first
      precondition(isBelow, "ranges that touch")
    }
  default: break
  }
}

/// Written by our own writer, the frame says the same.
private func rewrite(
  _ frame: Frame, _ payload: UnsafeRawBufferPointer,
  _ ranges: UnsafeMutablePointer<PacketNumberRange>
) {
  var written = [UInt8](repeating: 0, count: payload.count + 4_096)
  written.withUnsafeMutableBytes { place in
    guard let base = place.baseAddress else { return }
    var writer = PacketWriter(base, to: place.count)
    guard write(frame, payload, ranges, to: &writer) else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: place[..<writer.position])
    withRanges { again in
      var reader = FrameReader(bytes, ranges: again)
      guard let read = reader.next() else { preconditionFailure("our own frame is malformed") }
      precondition(
        summary(read, again) == summary(frame, ranges), "a frame changed by being written")
      precondition(
        reader.next() == nil && !reader.isMalformed, "our own frame has another behind it")
    }
  }
}

/// - Returns: false for frames that are written as part of others only.
private func write(
  _ frame: Frame, _ payload: UnsafeRawBufferPointer,
  _ ranges: UnsafeMutablePointer<PacketNumberRange>, to writer: inout PacketWriter
) -> Bool {
  switch frame {
  case .ping: writer.ping()
  case .contentCredit(let bytes): writer.contentCredit(bytes)
  case .controlCredit(let bytes): writer.controlCredit(bytes)
  case .pathChallenge(let token): writer.pathChallenge(token)
  case .pathResponse(let token): writer.pathResponse(token)
  case .content(let offset, let start, let count):
    writer.contentHeader(offset: offset, count: count, hasLength: true)
    writer.bytes(UnsafeRawBufferPointer(rebasing: payload[start..<start + count]))
  case .control(let offset, let start, let count):
    writer.controlHeader(offset: offset, count: count)
    writer.bytes(UnsafeRawBufferPointer(rebasing: payload[start..<start + count]))
  case .acknowledgement(let frame):
    var oldestFirst = Array(UnsafeBufferPointer(start: ranges, count: frame.rangeCount))
    oldestFirst.reverse()
    let bytes = oldestFirst.withUnsafeBufferPointer {
      writer.acknowledgement(
        ranges: $0, delayMicroseconds: frame.delayMicroseconds, marks: frame.marks,
        hostDrops: frame.hostDrops)
    }
    precondition(bytes > 0, "an acknowledgement that was read does not fit")
  case .padding, .candidates, .close: return false
  }
  return true
}

private func summary(
  _ frame: Frame, _ ranges: UnsafeMutablePointer<PacketNumberRange>
) -> String {
  switch frame {
  case .content(let offset, _, let count): "content \(offset) \(count)"
  case .control(let offset, _, let count): "control \(offset) \(count)"
  case .acknowledgement(let frame):
    "\(frame) \(Array(UnsafeBufferPointer(start: ranges, count: frame.rangeCount)))"
  default: "\(frame)"
  }
}

func withRanges<Result>(
  _ body: (UnsafeMutablePointer<PacketNumberRange>) -> Result
) -> Result {
  let count = PacketLimits.acknowledgedRangesMax
  let ranges = UnsafeMutablePointer<PacketNumberRange>.allocate(capacity: count)
  ranges.initialize(repeating: PacketNumberRange(first: 0, last: 0), count: count)
  defer { ranges.deallocate() }
  return body(ranges)
}
