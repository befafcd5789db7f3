package import SwiftProtobuf

/// Tells how many records fit the frame of one reply, so that a page is cut before it is too long.
package struct FrameBudget: Sendable {
  private var bytesLeft: Int

  /// Room for the frame's own fields and the reply's: numbers, a label.
  package static let overheadBytes = 512
  /// A record's tag and length.
  private static let recordOverheadBytes = 6

  package init() {
    bytesLeft = WireLimits.frameBytesMax - Self.overheadBytes
  }

  /// Whether one more record fits; if so its bytes are spent.
  package mutating func take(_ record: some Message) -> Bool {
    guard let bytes: [UInt8] = try? record.serializedBytes(partial: true) else { return false }
    let cost = bytes.count + Self.recordOverheadBytes
    guard cost <= bytesLeft else { return false }
    bytesLeft -= cost
    return true
  }

  /// The longest prefix that fits one reply.
  package static func page<Record: Message>(
    of records: [Record]
  ) -> (records: [Record], more: Bool) {
    var budget = FrameBudget()
    let count = records.firstIndex { !budget.take($0) } ?? records.count
    return (Array(records.prefix(count)), count < records.count)
  }
}
