extension ControlMessage {
  /// Nil when the number is not known.
  package static func decode(
    number: UInt8, body: [UInt8]
  ) throws(FileFailure) -> ControlMessage? {
    guard let number = Number(rawValue: number) else { return nil }
    var reader = ControlReader(body)
    let message = try decode(number, from: &reader)
    // Later versions may add to a message; what they add is not for us.
    return message
  }

  private static func decode(
    _ number: Number, from reader: inout ControlReader
  ) throws(FileFailure) -> ControlMessage {
    switch number {
    case .begin:
      let version = try reader.number()
      let hash = try reader.hash()
      return .begin(
        version: version,
        ManifestSummary(
          hash: hash, entryCount: try reader.number(), contentBytes: try reader.number()))
    case .manifest: return .manifest(Array(reader.rest()))
    case .holes: return .holes(try reader.ranges())
    case .leafHashes: return .leafHashes(first: try reader.number(), try reader.hashes())
    case .zeroLeaves:
      return .zeroLeaves(
        first: try reader.number(),
        count: try reader.number(upTo: FileLimits.zeroLeavesPerMessageMax))
    case .fileDigests: return .fileDigests(first: try reader.number(), try reader.hashes())
    case .sourceChanged: return .sourceChanged(entry: try reader.number())
    case .finish: return .finish(root: try reader.hash())
    case .thanks: return .thanks
    case .have:
      let isLast = try reader.number(upTo: 1) == 1
      return .have(try reader.ranges(), isLast: isLast)
    case .again: return .again(try reader.ranges())
    case .complete: return .complete(root: try reader.hash())
    case .pause:
      let reason = try reader.number()
      return .pause(UInt8(exactly: reason).flatMap { PauseReason(rawValue: $0) } ?? .other)
    case .resume: return .resume
    case .failed: return .failed(try reader.failure())
    }
  }
}

extension ControlReader {
  fileprivate mutating func ranges() throws(FileFailure) -> [Range<UInt64>] {
    let count = try number(upTo: UInt64(FileLimits.rangesPerMessageMax))
    var ranges: [Range<UInt64>] = []
    var end: UInt64 = 0
    for _ in 0..<count {
      // Both are below 2^62, and a sum is refused before it can grow past that.
      let start = end + (try number())
      let length = try number()
      guard length > 0, start + length <= ControlWriter.numberMax else {
        throw .malformed("A range is none.")
      }
      end = start + length
      ranges.append(start..<end)
    }
    return ranges
  }

  fileprivate mutating func hashes() throws(FileFailure) -> [ContentHash] {
    var hashes: [ContentHash] = []
    while !isAtEnd {
      guard hashes.count < FileLimits.hashesPerMessageMax else {
        throw FileFailure(.excess, "There are too many hashes in a message.")
      }
      hashes.append(try hash())
    }
    guard !hashes.isEmpty else { throw .malformed("A message of hashes has none.") }
    return hashes
  }

  fileprivate mutating func failure() throws(FileFailure) -> FileFailure {
    let code = try number()
    let text = try bytes(min(remaining, FileLimits.failureTextBytesMax))
    return FileFailure(
      UInt16(exactly: code).flatMap { FileFailure.Code(rawValue: $0) } ?? .other,
      FileName.shownText(text))
  }
}

/// Cuts the control stream into messages. Holds one message at most; a length beyond the limit is
/// refused before anything of that message is kept.
package struct ControlDecoder {
  private var buffer: [UInt8] = []
  private var start = 0

  package init() {}

  package mutating func append(_ bytes: [UInt8]) {
    if start > 0, start >= buffer.count - start {
      buffer.removeSubrange(..<start)
      start = 0
    }
    buffer += bytes
  }

  /// The next message that is known; nil until more bytes have come.
  package mutating func next() throws(FileFailure) -> ControlMessage? {
    while buffer.count - start >= 5 {
      let length = buffer[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      guard (1...FileLimits.messageBytesMax + 1).contains(length) else {
        throw .malformed("A control message of \(length) bytes is none.")
      }
      guard buffer.count - start >= 4 + length else { return nil }
      let number = buffer[start + 4]
      let body = Array(buffer[start + 5..<start + 4 + length])
      start += 4 + length
      if let message = try ControlMessage.decode(number: number, body: body) { return message }
    }
    return nil
  }
}
