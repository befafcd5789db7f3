import ConfabDomain
import ConfabJournal
import Foundation
import Primitives

/// A file that is written line by line and buffered in between.
final class ExportFile {
  private static let bufferBytesMax = 1_048_576

  private let handle: FileHandle
  private var buffer = Data()

  init(_ path: String) throws {
    guard
      FileManager.default.createFile(
        atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
    else {
      throw Rejection(
        .journalUnavailable, "The server cannot write the export to its disk. Is it full?")
    }
    handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  func write(line: String) throws {
    buffer.append(contentsOf: line.utf8)
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= Self.bufferBytesMax { try flush() }
  }

  func close() throws {
    try flush()
    try handle.close()
  }

  private func flush() throws {
    try handle.write(contentsOf: buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}

/// All messages of a channel, page by page.
struct MessageWalk {
  let journal: any Journal
  let channel: ChannelID

  func visit(_ body: (MessageRecord) throws -> Void) throws {
    var after: UInt64 = 0
    while true {
      let page = try journal.messages(
        MessageQuery(
          channel: channel, visibility: .everything, bound: .sinceSequence(after),
          limit: Limits.pageRecordsMax))
      for message in page.messages { try body(message) }
      guard page.more, let last = page.messages.last else { return }
      after = last.sequence
    }
  }
}

/// All events of a channel, in order, without holding them all at once.
struct EventWalk {
  let journal: any Journal
  let channel: ChannelID

  func visit(_ body: (StampedEvent) throws -> Void) throws {
    var after: UInt64 = 0
    while true {
      let page = try journal.events(
        EventQuery(channel: channel, afterPosition: after, limit: Limits.pageRecordsMax))
      for event in page.events { try body(event) }
      guard page.more, let last = page.events.last?.position else { return }
      after = last
    }
  }
}
