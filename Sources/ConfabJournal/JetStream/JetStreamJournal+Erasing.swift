import ConfabDomain
import Foundation
import GRDB
import Primitives
import Synchronization

// A message of the stream cannot be changed, but it can be erased. So the batch that holds a deleted
// text is stored once more without it, under a subject of its own, and then erased. Every server does
// this for every deletion that it sees, the one that decided it first: whoever comes second finds it
// done.
extension JetStreamJournal {
  private static let erasuresMax = 64
  private static let erasurePollSeconds: TimeInterval = 0.25
  private static let erasureRetrySeconds: TimeInterval = 1
  private static let restSeconds: TimeInterval = 0.02

  /// Takes deleted texts out of the stream for as long as the journal is open. On a thread of its own.
  func eraseWhatIsDue() {
    while !isClosed.load(ordering: .relaxed) {
      var pause = Self.erasurePollSeconds
      do {
        let due = try view.reading { db in
          try StreamMarks.dueErasures(at: Self.milliseconds(), limit: Self.erasuresMax, db)
        }
        for erasures in due.byBatch where !isClosed.load(ordering: .relaxed) {
          guard try erase(erasures) else { continue }
          try view.writing { db in try StreamMarks.remove(erasures, db) }
        }
      } catch {
        // What is due stays due.
        pause = Self.erasureRetrySeconds
      }
      rest(pause)
    }
  }

  /// Not a moment longer than the journal is open.
  private func rest(_ seconds: TimeInterval) {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end, !isClosed.load(ordering: .relaxed) {
      Thread.sleep(forTimeInterval: Self.restSeconds)
    }
  }

  /// Whether texts of deleted messages still wait to leave the stream.
  package func hasErasures() throws(JournalError) -> Bool {
    try view.reading { db in
      try StreamMarks.dueErasures(at: .max, limit: 1, db).isEmpty == false
    }
  }

  /// Takes texts out of one batch.
  ///
  /// - Returns: false when another server did something to it meanwhile.
  private func erase(_ erasures: [StreamMarks.Erasure]) throws -> Bool {
    guard let first = erasures.first else { return true }
    let subject = stream.rewritten(first.batch)
    let newest = try stream.last(on: subject)
    guard let current = try newest ?? stream.message(first.message) else { return true }
    var batch = try StreamBatch(decoding: current.bytes)
    guard batch.remove(texts: erasures.map(\.entry)) else {
      // It is out. Whoever did it may have stopped before the older messages were erased.
      try eraseChain(from: batch.replaces)
      return true
    }
    batch.replaces = current.sequence
    var random = SystemRandomNumberGenerator()
    batch.id = [UInt8].random(count: StreamBatch.idBytes, using: &random)
    let bytes = try batch.encoded()
    do throws(StreamFailure) {
      _ = try stream.publish(
        bytes, to: subject, after: newest?.sequence ?? 0, id: batch.id.hex)
    } catch {
      if error == .overtaken || error == .contended { return false }
      throw error
    }
    try eraseChain(from: batch.replaces)
    return true
  }

  /// Erases a message and those that it took the place of.
  private func eraseChain(from sequence: UInt64?) throws {
    var next = sequence
    while let sequence = next {
      guard let message = try stream.message(sequence) else { return }
      next = try StreamBatch(decoding: message.bytes).replaces
      // The newest batch of the log is what the next one is stored behind: it must not go first.
      let isNewest = try tail.withLock { tail throws(JournalError) in
        guard tail.message == sequence else { return false }
        return try !fence(&tail)
      }
      if isNewest { throw JournalError.overtaken }
      try stream.erase(sequence)
    }
  }
}

extension StreamBatch {
  /// - Returns: false when none of the texts was there.
  fileprivate mutating func remove(texts numbers: [UInt64]) -> Bool {
    var isChanged = false
    for number in numbers where number >= firstEntry {
      let index = Int(number - firstEntry)
      guard index < entries.count, entries[index].text != nil else { continue }
      entries[index].text = nil
      isChanged = true
    }
    return isChanged
  }
}

extension [StreamMarks.Erasure] {
  fileprivate var byBatch: [[StreamMarks.Erasure]] {
    var groups: [[StreamMarks.Erasure]] = []
    for erasure in self {
      if groups.last?.first?.batch == erasure.batch {
        groups[groups.count - 1].append(erasure)
      } else {
        groups.append([erasure])
      }
    }
    return groups
  }
}
