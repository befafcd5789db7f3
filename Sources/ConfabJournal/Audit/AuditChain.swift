package import ConfabDomain
import Crypto

/// The hash chain over the journal: whoever changes, removes or inserts an entry must change every
/// value after it, and so also the head that somebody may have noted down elsewhere.
///
///     chain(0) = 32 zero bytes
///     chain(n) = SHA-256(chain(n-1) ‖ n as 8 bytes, big-endian ‖ payload(n))
///
/// where payload(n) is the serialized `confab.journal.v1.Entry` exactly as stored. It carries time,
/// account, position, sequence and event; of a message's text it carries only
///
///     text_hash = SHA-256(salt ‖ text as UTF-8)
///
/// with 16 random bytes of salt for each text, so that the chain still fits when a deletion has
/// emptied both text and salt.
package struct AuditChain: Hashable, Sendable {
  /// The number of the newest entry in it.
  package private(set) var entry: UInt64
  /// 32 bytes.
  package private(set) var value: [UInt8]

  package static let start = AuditChain(entry: 0, value: [UInt8](repeating: 0, count: 32))

  /// The chain as it was noted at an entry.
  package init(entry: UInt64, value: [UInt8]) {
    self.entry = entry
    self.value = value
  }

  /// Adds the next entry.
  package mutating func extend(by payload: [UInt8]) {
    entry += 1
    var hasher = SHA256()
    hasher.update(data: value)
    withUnsafeBytes(of: entry.bigEndian) { hasher.update(bufferPointer: $0) }
    hasher.update(data: payload)
    value = Array(hasher.finalize())
  }
}

/// An entry as an engine holds it.
package struct StoredEntry: Hashable, Sendable {
  package var entry: UInt64
  package var payload: [UInt8]
  /// Nil when there was none, or when it was deleted.
  package var text: SealedText?
  package var chain: [UInt8]

  package init(entry: UInt64, payload: [UInt8], text: SealedText?, chain: [UInt8]) {
    self.entry = entry
    self.payload = payload
    self.text = text
    self.chain = chain
  }

  package func decoded() throws(JournalError) -> StampedEvent {
    try EventCodec.decode(payload, entry: entry, text: text?.text ?? "")
  }
}
