import ConfabDomain
import Foundation
import SwiftProtobuf

/// Entries that were stored as one, as a message of the stream holds them.
struct StreamBatch {
  struct Entry {
    var payload: [UInt8]
    /// Nil when there was none, or when it was deleted.
    var text: SealedText?
  }

  var firstEntry: UInt64
  /// The audit chain before the first entry and after the last: who takes a batch in knows that all
  /// before it was the same for its writer.
  var chainBefore: [UInt8]
  var chainAfter: [UInt8]
  var entries: [Entry]
  var id: [UInt8]
  /// The message that this one takes the place of.
  var replaces: UInt64?

  static let idBytes = 16

  /// A batch without entries.
  init(settling chain: AuditChain, id: [UInt8]) {
    firstEntry = chain.entry + 1
    chainBefore = chain.value
    chainAfter = chain.value
    entries = []
    self.id = id
  }

  init(_ group: [EncodedEntry], after chain: AuditChain, id: [UInt8]) {
    var chain = chain
    firstEntry = chain.entry + 1
    chainBefore = chain.value
    entries = []
    for entry in group {
      chain.extend(by: entry.encoded.payload)
      entries.append(Entry(payload: entry.encoded.payload, text: entry.encoded.text))
    }
    chainAfter = chain.value
    self.id = id
  }

  init(decoding bytes: [UInt8]) throws(JournalError) {
    guard let batch = try? JournalBatch(serializedBytes: bytes) else {
      throw .corrupt("a message of the stream cannot be read")
    }
    firstEntry = batch.firstEntry
    chainBefore = Array(batch.chainBefore)
    chainAfter = Array(batch.chainAfter)
    id = Array(batch.id)
    replaces = batch.hasReplaces ? batch.replaces : nil
    entries = batch.entries.map { entry in
      Entry(
        payload: Array(entry.payload),
        text: entry.hasText
          ? SealedText(
            text: String(decoding: entry.text, as: UTF8.self), salt: Array(entry.salt)) : nil)
    }
  }

  func encoded() throws(JournalError) -> [UInt8] {
    var batch = JournalBatch()
    batch.firstEntry = firstEntry
    batch.chainBefore = Data(chainBefore)
    batch.chainAfter = Data(chainAfter)
    batch.id = Data(id)
    if let replaces { batch.replaces = replaces }
    batch.entries = entries.map { entry in
      var stored = JournalBatchEntry()
      stored.payload = Data(entry.payload)
      if let sealed = entry.text {
        stored.text = Data(sealed.text.utf8)
        stored.salt = Data(sealed.salt)
      }
      return stored
    }
    do {
      return try batch.serializedBytes()
    } catch {
      throw .other("a batch cannot be encoded: \(error)")
    }
  }

  /// The entries, if they follow a chain and their own.
  func decoded(after chain: AuditChain) throws(JournalError) -> [EncodedEntry] {
    var chain = chain
    guard firstEntry == chain.entry + 1, chainBefore == chain.value else {
      throw .corrupt("entry \(firstEntry) of the stream does not follow what is known here")
    }
    var decoded: [EncodedEntry] = []
    decoded.reserveCapacity(entries.count)
    for entry in entries {
      chain.extend(by: entry.payload)
      let whole = try EventCodec.decodeWhole(
        entry.payload, entry: chain.entry, text: entry.text?.text ?? "")
      // A text that is gone was deleted by a later entry; another one than was written is damage.
      if let text = entry.text, text.hash != whole.textHash {
        throw .corrupt("entry \(chain.entry) has another text than it was written with")
      }
      decoded.append(
        EncodedEntry(
          stamped: whole.event,
          encoded: EncodedEvent(payload: entry.payload, kind: whole.kind, text: entry.text)))
    }
    guard chainAfter == chain.value else {
      throw .corrupt("entry \(chain.entry) does not fit the audit chain")
    }
    return decoded
  }
}

/// An event with the bytes that it is stored as.
struct EncodedEntry {
  var stamped: StampedEvent
  var encoded: EncodedEvent
}
