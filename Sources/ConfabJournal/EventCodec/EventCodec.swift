package import ConfabDomain
import Crypto
import Primitives
import SwiftProtobuf

/// How an event lies in the journal: what the audit chain covers, and the text that can be taken away
/// from it.
package struct EncodedEvent: Hashable, Sendable {
  /// A `journal.proto` Entry.
  package var payload: [UInt8]
  /// The number of the event's field in `journal.proto`.
  package var kind: Int
  /// Nil for everything but a message and an edit.
  package var text: SealedText?

  package init(payload: [UInt8], kind: Int, text: SealedText?) {
    self.payload = payload
    self.kind = kind
    self.text = text
  }
}

/// A text with the salt of its hash. The salt keeps short texts from being guessed from their hash
/// after both are gone.
package struct SealedText: Hashable, Sendable {
  package var text: String
  package var salt: [UInt8]

  package init(text: String, salt: [UInt8]) {
    self.text = text
    self.salt = salt
  }

  /// 16 bytes, in two draws: with the system's generator each is a system call.
  package static func salt(using generator: inout some RandomNumberGenerator) -> [UInt8] {
    let words = (generator.next() as UInt64, generator.next() as UInt64)
    return withUnsafeBytes(of: words) { Array($0) }
  }

  /// SHA-256 of the salt followed by the text's UTF-8.
  package var hash: [UInt8] {
    var hasher = SHA256()
    hasher.update(data: salt)
    var text = text
    text.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    return Array(hasher.finalize())
  }
}

/// What a payload says, and what must lie beside it.
package struct DecodedEntry: Hashable, Sendable {
  package var event: StampedEvent
  /// The number of the event's field in `journal.proto`.
  package var kind: Int
  /// Nil when no text belongs to it.
  package var textHash: [UInt8]?
}

/// Between events and their durable bytes.
package enum EventCodec {
  /// - Parameter generator: where the salt of a text comes from.
  package static func encode(
    _ stamped: StampedEvent, using generator: inout some RandomNumberGenerator
  ) throws(JournalError) -> EncodedEvent {
    let text = stamped.event.body.text.map {
      SealedText(text: $0, salt: SealedText.salt(using: &generator))
    }
    if case .messagePosted(let channel, let message) = stamped.event.body, let text {
      return EncodedEvent(
        payload: MessagePayload.bytes(of: stamped, message, in: channel, textHash: text.hash),
        kind: MessagePayload.kind, text: text)
    }
    return try encode(stamped, sealed: text)
  }

  /// With the generated code, which spells every event.
  package static func encode(
    _ stamped: StampedEvent, sealed text: SealedText?
  ) throws(JournalError) -> EncodedEvent {
    var entry = JournalEntry()
    entry.at = stamped.event.at.millisecondsSinceEpoch
    if let by = stamped.event.by { entry.by = by.rawValue }
    if let position = stamped.position { entry.position = position }
    if let sequence = stamped.sequence { entry.sequence = sequence }
    let event = JournalEntry.OneOf_Event(stamped.event.body, textHash: text?.hash ?? [])
    entry.event = event
    do {
      return EncodedEvent(payload: try entry.serializedBytes(), kind: event.kind, text: text)
    } catch {
      throw .other("entry \(stamped.entry) cannot be encoded: \(error)")
    }
  }

  /// - Parameter text: what lies beside the payload; empty when it was deleted or is not asked for.
  package static func decode(
    _ payload: [UInt8], entry number: UInt64, text: String
  ) throws(JournalError) -> StampedEvent {
    try decodeWhole(payload, entry: number, text: text).event
  }

  /// Everything that a payload says.
  static func decodeWhole(
    _ payload: [UInt8], entry number: UInt64, text: String
  ) throws(JournalError) -> DecodedEntry {
    let (entry, event) = try parse(payload, entry: number)
    guard let body = try? event.body(text: text) else {
      throw .corrupt("entry \(number) holds an event that makes no sense")
    }
    let stamped = StampedEvent(
      entry: number,
      event: Event(
        at: WallTime(millisecondsSinceEpoch: entry.at),
        by: entry.hasBy ? AccountID(entry.by) : nil, body: body),
      position: entry.hasPosition ? entry.position : nil,
      sequence: entry.hasSequence ? entry.sequence : nil)
    let textHash: [UInt8]? =
      switch event {
      case .messagePosted(let posted): Array(posted.textHash)
      case .messageEdited(let edited): Array(edited.textHash)
      default: nil
      }
    return DecodedEntry(event: stamped, kind: event.kind, textHash: textHash)
  }

  private static func parse(
    _ payload: [UInt8], entry number: UInt64
  ) throws(JournalError) -> (entry: JournalEntry, event: JournalEntry.OneOf_Event) {
    guard let entry = try? JournalEntry(serializedBytes: payload) else {
      throw .corrupt("entry \(number) cannot be read")
    }
    guard let event = entry.event else {
      throw .corrupt("entry \(number) holds an event that this version does not know")
    }
    return (entry, event)
  }
}

extension Event.Body {
  /// The words of a person in it, which can be deleted later.
  package var text: String? {
    switch self {
    case .messagePosted(_, let message): message.text
    case .messageEdited(_, _, let text): text
    default: nil
    }
  }
}
