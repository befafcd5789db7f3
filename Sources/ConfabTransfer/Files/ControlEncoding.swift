extension ControlMessage {
  /// With its length in front, ready for the control stream.
  package func encoded() -> [UInt8] {
    var body = ControlWriter()
    let number = encode(into: &body)
    precondition(body.bytes.count <= FileLimits.messageBytesMax, "a message without its limit")
    let length = UInt32(body.bytes.count + 1)
    return (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + [number.rawValue]
      + body.bytes
  }

  private func encode(into writer: inout ControlWriter) -> Number {
    switch self {
    case .begin(let version, let summary):
      writer.write(version)
      writer.write(summary.hash)
      writer.write(summary.entryCount)
      writer.write(summary.contentBytes)
      return .begin
    case .manifest(let piece):
      writer.write(bytes: piece)
      return .manifest
    case .holes(let ranges):
      writer.write(ranges)
      return .holes
    case .leafHashes(let first, let hashes):
      writer.write(first, hashes)
      return .leafHashes
    case .zeroLeaves(let first, let count):
      writer.write(first)
      writer.write(count)
      return .zeroLeaves
    case .fileDigests(let first, let hashes):
      writer.write(first, hashes)
      return .fileDigests
    case .sourceChanged(let entry):
      writer.write(entry)
      return .sourceChanged
    case .finish(let root):
      writer.write(root)
      return .finish
    case .thanks: return .thanks
    case .have, .again, .complete, .pause, .resume, .failed: return encodeAnswer(into: &writer)
    }
  }

  private func encodeAnswer(into writer: inout ControlWriter) -> Number {
    switch self {
    case .have(let ranges, let isLast):
      writer.write(isLast ? 1 : 0)
      writer.write(ranges)
      return .have
    case .again(let ranges):
      writer.write(ranges)
      return .again
    case .complete(let root):
      writer.write(root)
      return .complete
    case .pause(let reason):
      writer.write(UInt64(reason.rawValue))
      return .pause
    case .resume: return .resume
    case .failed(let failure):
      writer.write(UInt64(failure.code.rawValue))
      writer.write(bytes: failure.shortText.utf8)
      return .failed
    default: preconditionFailure("not an answer")
    }
  }
}

extension ControlWriter {
  /// How many, then the gap before each range and its length.
  fileprivate mutating func write(_ ranges: [Range<UInt64>]) {
    precondition(ranges.count <= FileLimits.rangesPerMessageMax)
    write(UInt64(ranges.count))
    var end: UInt64 = 0
    for range in ranges {
      write(range.lowerBound - end)
      write(UInt64(range.count))
      end = range.upperBound
    }
  }

  fileprivate mutating func write(_ first: UInt64, _ hashes: [ContentHash]) {
    precondition(hashes.count <= FileLimits.hashesPerMessageMax)
    write(first)
    for hash in hashes { write(hash) }
  }
}

extension FileFailure {
  /// Cut between characters.
  fileprivate var shortText: String {
    var short = text[...]
    while short.utf8.count > FileLimits.failureTextBytesMax { short.removeLast() }
    return String(short)
  }
}
