import ConfabDomain
import Foundation
import GRDB
import Glibc
import Primitives

/// Moves a place between the journal on one machine and the one on several. Every entry keeps its
/// number and its bytes, so that the audit chain is the same before and after, which is what is
/// verified.
package enum JournalMigration {
  /// What was moved.
  package struct Outcome: Sendable {
    package var entries: UInt64
    /// The audit chain's newest value, the same on both sides.
    package var head: [UInt8]
    /// Where the journal that was left behind is now.
    package var former: String?
  }

  /// What one message of the stream holds at most.
  private static let batchEntriesMax = 2_048
  private static let batchBytesMax = 262_144
  private static let attemptsMax = 5
  private static let waitMilliseconds: Int64 = 2_000
  private static let silencesMax = 10

  // MARK: - To the stream

  /// Copies the journal of a data folder, on which no server runs, into an empty stream. What a copy
  /// that was interrupted has left is gone on with.
  package static func copy(
    folder: String, to options: JetStreamOptions
  ) throws(JournalError) -> Outcome {
    guard access(JournalFiles.database(in: folder), F_OK) == 0 else {
      throw .other("\(folder) has no journal on sqlite")
    }
    let source = try SQLiteJournal(folder: folder, salts: SystemRandomNumberGenerator())
    defer { try? source.close() }
    let verdict = try source.verifyAudit()
    if let entry = verdict.brokenAt {
      throw .corrupt("the audit chain is broken at entry \(entry)")
    }
    let stream: StreamConnection
    do throws(StreamFailure) {
      stream = try StreamConnection(options)
      _ = try stream.ensureStream(replicas: options.replicas)
    } catch {
      throw JournalError(error)
    }
    defer { stream.close() }
    try source.reading { db in try send(db, to: stream) }
    let head = try readBack(stream)
    guard head == source.head else {
      throw .corrupt("the stream ends with entry \(head.entry), and not as the journal does")
    }
    try source.close()
    let former = try JournalFiles.setAside(folder, as: "before-migration")
    if former != nil { try JournalFiles.removeDatabase(of: folder) }
    return Outcome(entries: head.entry, head: head.value, former: former)
  }

  private static func send(_ db: Database, to stream: StreamConnection) throws {
    var (chain, last) = try begun(db, on: stream)
    let rows = try Row.fetchCursor(
      db,
      sql: "SELECT entry, payload, chain, salt, text FROM entries WHERE entry > ? ORDER BY entry",
      arguments: [chain.entry.column])
    var entries: [StreamBatch.Entry] = []
    var bytes = 0
    while let row = try rows.next() {
      let stored = try AuditReading.stored(row)
      entries.append(StreamBatch.Entry(payload: stored.payload, text: stored.text))
      bytes += stored.payload.count + (stored.text?.text.utf8.count ?? 0)
      guard entries.count >= batchEntriesMax || bytes >= batchBytesMax else { continue }
      last = try send(entries, after: &chain, last, to: stream)
      (entries, bytes) = ([], 0)
    }
    if !entries.isEmpty { _ = try send(entries, after: &chain, last, to: stream) }
  }

  /// How far an earlier copy came.
  private static func begun(
    _ db: Database, on stream: StreamConnection
  ) throws -> (AuditChain, UInt64) {
    guard let message = try stream.last(on: stream.log) else { return (.start, 0) }
    let batch = try StreamBatch(decoding: message.bytes)
    let entry = batch.firstEntry + UInt64(batch.entries.count) - 1
    let row = try Row.fetchOne(
      db, sql: "SELECT chain FROM entries WHERE entry = ?", arguments: [entry.column])
    guard let row, try row.bytes(0) == batch.chainAfter else {
      throw JournalError.other(
        "the stream \(stream.streamName) holds another place already: choose another name at the end "
          + "of the address")
    }
    return (AuditChain(entry: entry, value: batch.chainAfter), message.sequence)
  }

  private static func send(
    _ entries: [StreamBatch.Entry], after chain: inout AuditChain, _ last: UInt64,
    to stream: StreamConnection
  ) throws -> UInt64 {
    var random = SystemRandomNumberGenerator()
    var batch = StreamBatch(
      settling: chain, id: [UInt8].random(count: StreamBatch.idBytes, using: &random))
    batch.entries = entries
    for entry in entries { chain.extend(by: entry.payload) }
    batch.chainAfter = chain.value
    let bytes = try batch.encoded()
    var attempts = 0
    while true {
      do throws(StreamFailure) {
        return try stream.publish(bytes, to: stream.log, after: last, id: batch.id.hex)
      } catch {
        attempts += 1
        if error == .overtaken, attempts > 1, let newest = try stream.last(on: stream.log),
          try StreamBatch(decoding: newest.bytes).id == batch.id
        {
          return newest.sequence
        }
        guard case .unanswered = error, attempts < attemptsMax else { throw JournalError(error) }
      }
    }
  }

  /// Reads all of the stream, and believes nothing that does not fit.
  private static func readBack(_ stream: StreamConnection) throws(JournalError) -> AuditChain {
    do throws(StreamFailure) {
      guard let newest = try stream.last(on: stream.log)?.sequence else { return .start }
      let reader = try stream.read(from: 1)
      var chain = AuditChain.start
      var silences = 0
      while true {
        guard let message = try reader.next(milliseconds: waitMilliseconds) else {
          silences += 1
          guard silences < silencesMax else { throw .unanswered("the stream does not arrive") }
          continue
        }
        chain = try checked(message, after: chain)
        if message.sequence >= newest { return chain }
      }
    } catch {
      throw JournalError(error)
    }
  }

  private static func checked(
    _ message: StreamMessage, after chain: AuditChain
  ) throws(StreamFailure) -> AuditChain {
    do throws(JournalError) {
      let batch = try StreamBatch(decoding: message.bytes)
      let entries = try batch.decoded(after: chain)
      return AuditChain(entry: chain.entry + UInt64(entries.count), value: batch.chainAfter)
    } catch {
      throw .refused("what was copied reads otherwise: \(error)")
    }
  }

  // MARK: - From the stream

  /// Makes a journal on sqlite in a data folder from a stream to which no server of the place appends.
  package static func copy(
    _ options: JetStreamOptions, toFolder folder: String
  ) throws(JournalError) -> Outcome {
    let source = try JetStreamJournal(
      options, folder: folder, salts: SystemRandomNumberGenerator())
    let copy = folder + "/confab.sqlite.migrating"
    let head: AuditChain
    do throws(JournalError) {
      unlink(copy)
      head = source.view.head
      try source.backup(to: copy)
      try source.close()
    } catch {
      try? source.close()
      throw error
    }
    defer { unlink(copy) }
    // Checks the whole chain again before it takes its place.
    let former = try JournalFiles.restore(backup: copy, into: folder)
    let made = try SQLiteJournal(folder: folder, salts: SystemRandomNumberGenerator())
    let found = made.head
    try made.close()
    guard found == head else {
      throw .corrupt("the journal ends with entry \(found.entry), and not as the stream does")
    }
    try? FileManager.default.removeItem(atPath: JetStreamJournal.viewFolder(in: folder))
    return Outcome(entries: head.entry, head: head.value, former: former)
  }
}
