import ConfabDomain
import Foundation
import GRDB
import Synchronization

extension JetStreamJournal {
  /// How long another server has to take a deleted text out of the stream before this one does.
  private static let foreignErasureMilliseconds: Int64 = 30_000
  private static let waitMilliseconds: Int64 = 100
  private static let probeSeconds: TimeInterval = 1
  /// A reader that is told nothing, though there is something, is made anew.
  private static let idleSecondsMax: TimeInterval = 3
  private static let pauseSeconds: TimeInterval = 0.2
  private static let pollSeconds: TimeInterval = 0.001

  /// When this server last heard from the stream.
  struct Contact {
    var latest = Date()
  }

  /// How old what is read here may be, in seconds: nil while the stream answers.
  package var staleSeconds: Int? {
    let seconds = Date().timeIntervalSince(contact.withLock { $0.latest })
    return seconds > Self.staleAfterSeconds ? Int(seconds) : nil
  }

  private static let staleAfterSeconds: TimeInterval = 4

  func noteContact() { contact.withLock { $0.latest = Date() } }

  /// Whoever asks on another server of what was stored a moment ago waits no longer than this.
  private static let askedSecondsMax: TimeInterval = 2

  package func catchUp() { try? catchUp(secondsMax: Self.askedSecondsMax) }

  /// Waits until the view has what the stream has now.
  ///
  /// - Parameter secondsMax: nil waits as long as there is progress.
  func catchUp(secondsMax: TimeInterval?) throws(JournalError) {
    let newest: UInt64
    do throws(StreamFailure) {
      newest = try stream.last(on: stream.log)?.sequence ?? 0
    } catch {
      throw JournalError(error)
    }
    var progress = (message: UInt64(0), at: Date())
    while true {
      let (message, damage) = tail.withLock { ($0.message, $0.damage) }
      if let damage { throw damage }
      if message >= newest { return }
      if message > progress.message, secondsMax == nil { progress = (message, Date()) }
      guard Date().timeIntervalSince(progress.at) < (secondsMax ?? Self.catchUpSecondsMax) else {
        throw .unreachable("the stream goes on to message \(newest), but only \(message) came")
      }
      Thread.sleep(forTimeInterval: Self.pollSeconds)
    }
  }

  private static let catchUpSecondsMax: TimeInterval = 20

  /// Reads the stream for as long as the journal is open. On a thread of its own.
  func readStream() {
    while !isClosed.load(ordering: .relaxed) {
      do throws(JournalError) {
        try readUntilTrouble()
      } catch {
        if case .corrupt = error {
          return tail.withLock { tail in
            if tail.damage == nil { tail.damage = error }
          }
        }
        Thread.sleep(forTimeInterval: Self.pauseSeconds)
      }
    }
  }

  func readAnnouncements(on subject: String, _ heard: @Sendable ([UInt8]) -> Void) {
    while !isClosed.load(ordering: .relaxed) {
      do throws(StreamFailure) {
        let reader = try stream.readAnnouncements(on: subject)
        while !isClosed.load(ordering: .relaxed) {
          if let bytes = try reader.nextBytes(milliseconds: Self.waitMilliseconds) { heard(bytes) }
        }
      } catch {
        Thread.sleep(forTimeInterval: Self.pauseSeconds)
      }
    }
  }

  private func readUntilTrouble() throws(JournalError) {
    do throws(StreamFailure) {
      let reader = try stream.read(from: tail.withLock { $0.message } + 1)
      var latest = Date()
      var probed = Date()
      while !isClosed.load(ordering: .relaxed) {
        if let message = try reader.next(milliseconds: Self.waitMilliseconds) {
          latest = Date()
          noteContact()
          try arrive(message)
        } else if Date().timeIntervalSince(probed) >= Self.probeSeconds {
          probed = Date()
          let newest = try stream.last(on: stream.log)?.sequence ?? 0
          noteContact()
          guard newest > tail.withLock({ $0.message }) else {
            latest = Date()
            continue
          }
          if Date().timeIntervalSince(latest) > Self.idleSecondsMax { return }
        }
      }
    } catch {
      throw JournalError(error)
    }
  }

  private func arrive(_ message: StreamMessage) throws(StreamFailure) {
    do throws(JournalError) {
      try tail.withLock { tail throws(JournalError) in
        guard message.sequence > tail.message else { return }
        let batch = try StreamBatch(decoding: message.bytes)
        // A batch in between was written again elsewhere when a text in it was deleted.
        while batch.firstEntry > tail.chain.entry + 1 {
          try arrive(try rewritten(tail.chain.entry + 1), in: nil, &tail)
        }
        try arrive(batch, in: message.sequence, &tail)
      }
    } catch {
      if case .corrupt = error { tail.withLock { $0.damage = error } }
      throw .unanswered("\(error)")
    }
  }

  private func rewritten(_ firstEntry: UInt64) throws(JournalError) -> StreamBatch {
    do throws(StreamFailure) {
      guard let message = try stream.last(on: stream.rewritten(firstEntry)) else {
        throw .refused("")
      }
      return try decoded(message)
    } catch {
      if case .refused = error {
        throw .corrupt("entry \(firstEntry) is missing in the stream")
      }
      throw JournalError(error)
    }
  }

  private func decoded(_ message: StreamMessage) throws(StreamFailure) -> StreamBatch {
    do throws(JournalError) {
      return try StreamBatch(decoding: message.bytes)
    } catch {
      throw .refused("\(error)")
    }
  }

  /// - Parameter message: nil for a batch that was written again: the one that it took the place of
  ///   had a number that nobody needs any more, between those around it.
  private func arrive(
    _ batch: StreamBatch, in message: UInt64?, _ tail: inout Tail
  ) throws(JournalError) {
    let entries = try batch.decoded(after: tail.chain)
    let known = message ?? batch.replaces ?? tail.message
    try take(
      entries, chain: batch.chainAfter, in: max(known, tail.message),
      dueAfter: Self.foreignErasureMilliseconds, &tail)
    guard !entries.isEmpty else { return }
    // Under the lock, so that what is told and what is loaded have one order.
    listener.withLock { $0 }.hear(entries.map(\.stamped), tail.state)
  }
}

/// The threads of an open journal: one reads the stream, one takes deleted texts out of it.
final class JetStreamThreads: Sendable {
  private let running = Atomic<Int>(0)

  private static let stackBytes = 1 << 20
  private static let pollSeconds: TimeInterval = 0.005

  func start(_ journal: JetStreamJournal) {
    start("stream") { journal.readStream() }
    start("erasures") { journal.eraseWhatIsDue() }
  }

  func start(_ name: String, _ work: @escaping @Sendable () -> Void) {
    running.wrappingAdd(1, ordering: .relaxed)
    let thread = Thread { [self] in
      work()
      running.wrappingSubtract(1, ordering: .releasing)
    }
    thread.name = name
    thread.stackSize = Self.stackBytes
    thread.start()
  }

  /// Waits for them. They look several times a second whether the journal is closed.
  func stop() {
    while running.load(ordering: .acquiring) > 0 { Thread.sleep(forTimeInterval: Self.pollSeconds) }
  }
}
