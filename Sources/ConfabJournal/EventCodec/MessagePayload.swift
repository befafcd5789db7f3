import ConfabDomain
import Primitives

/// A message's entry, spelled without the generated code: it is nearly all that a busy place writes, and
/// this takes a tenth of the time. The bytes are the same.
enum MessagePayload {
  /// Of `message_posted` in `journal.proto`.
  static let kind = 40

  static func bytes(
    of stamped: StampedEvent, _ message: NewMessage, in channel: ChannelID, textHash: [UInt8]
  ) -> [UInt8] {
    var posted = FieldWriter(capacity: 96)
    posted.add(channel.rawValue, as: 1)
    posted.add(message.id.bytes, as: 2)
    posted.add(message.author.rawValue, as: 3)
    posted.add(textHash, as: 4)
    posted.add(optional: message.replyTo, as: 5)
    posted.add(packed: message.mentions.map(\.rawValue), as: 6)
    var entry = FieldWriter(capacity: 32 + posted.bytes.count)
    entry.add(UInt64(bitPattern: stamped.event.at.millisecondsSinceEpoch), as: 1)
    entry.add(optional: stamped.event.by?.rawValue, as: 2)
    entry.add(optional: stamped.position, as: 3)
    entry.add(optional: stamped.sequence, as: 4)
    entry.add(message: posted.bytes, as: UInt64(kind))
    return entry.bytes
  }
}

/// The fields of one message of protocol buffers, proto3, in the order of their numbers.
private struct FieldWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// A number that is left out when it is zero.
  mutating func add(_ value: UInt64, as field: UInt64) {
    if value != 0 { add(optional: value, as: field) }
  }

  mutating func add(optional value: UInt64?, as field: UInt64) {
    guard let value else { return }
    appendVarint(field << 3)
    appendVarint(value)
  }

  /// Bytes that are left out when there are none.
  mutating func add(_ value: [UInt8], as field: UInt64) {
    if !value.isEmpty { add(message: value, as: field) }
  }

  mutating func add(message: [UInt8], as field: UInt64) {
    appendVarint(field << 3 | 2)
    appendVarint(UInt64(message.count))
    bytes += message
  }

  mutating func add(packed values: [UInt64], as field: UInt64) {
    guard !values.isEmpty else { return }
    var packed = FieldWriter(capacity: values.count * 2)
    for value in values { packed.appendVarint(value) }
    add(message: packed.bytes, as: field)
  }

  private mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}
