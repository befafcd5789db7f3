import ConfabDomain
import ConfabHub
import ConfabJournal
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import Primitives

/// The journal's one writing thread. While a commit is on its way to the disk the next group gathers,
/// so that a commit costs what it costs however many share it.
final class JournalWriter: Sendable {
  private enum Work {
    case append([StampedEvent])
    case snapshot(PlaceState)
    case save(StateSnapshot)
    case purge(again: @Sendable () -> Void)
    case reload
  }

  private struct State {
    var waiting: [Work] = []
    var isRunning = false
    /// A snapshot is being spelled out. Another one is not begun before it is saved.
    var isSpelling = false
    /// A group was not stored: what was decided after it must not be either, until the hub has
    /// begun again from what the journal has.
    var isFailed = false
    /// What the log has of the trouble there is, so that it is not filled with it.
    var toldTrouble: String?
  }

  private let journal: any Journal
  private let thread = NIOThreadPool(numberOfThreads: 1)
  /// Spells snapshots out, which would keep the writing thread for a second in a large place.
  private let speller = NIOThreadPool(numberOfThreads: 1)
  private let state = NIOLockedValueBox(State())
  private let metrics: ServerMetrics
  private let logger: Logger
  private let answer: @Sendable (Input) -> Void
  /// Called on this thread with every group that was stored.
  private let stored: @Sendable ([StampedEvent]) -> Void

  init(
    journal: any Journal, metrics: ServerMetrics, logger: Logger,
    stored: @escaping @Sendable ([StampedEvent]) -> Void,
    answer: @escaping @Sendable (Input) -> Void
  ) {
    self.journal = journal
    self.metrics = metrics
    self.logger = logger
    self.stored = stored
    self.answer = answer
    thread.start()
    speller.start()
  }

  var isIdle: Bool { state.withLockedValue { !$0.isRunning && !$0.isSpelling } }

  func append(_ events: [StampedEvent]) { enqueue(.append(events)) }
  func saveSnapshot(_ state: PlaceState) { enqueue(.snapshot(state)) }
  /// - Parameter again: called when something stayed behind.
  func purge(again: @escaping @Sendable () -> Void) { enqueue(.purge(again: again)) }
  func reload() { enqueue(.reload) }

  /// Nothing may be enqueued after it.
  func stop() async throws {
    try await speller.shutdownGracefully()
    try await thread.shutdownGracefully()
  }

  private func enqueue(_ work: Work) {
    let mustWake = state.withLockedValue { state in
      state.waiting.append(work)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if mustWake { thread.submit { _ in self.run() } }
  }

  private func run() {
    while true {
      let batch = state.withLockedValue { state in
        let batch = state.waiting
        state.waiting = []
        if batch.isEmpty { state.isRunning = false }
        return batch
      }
      if batch.isEmpty { return }
      perform(batch)
    }
  }

  private func perform(_ batch: [Work]) {
    var group: [StampedEvent] = []
    for work in batch {
      switch work {
      case .append(let events):
        group += events
        if group.count >= ServerLimits.groupEventsMax { commit(&group) }
      case .snapshot(let state):
        commit(&group)
        spell(state)
      case .save(let snapshot):
        commit(&group)
        save(snapshot)
      case .purge(let again):
        commit(&group)
        purge(again)
      case .reload:
        commit(&group)
        load()
      }
    }
    commit(&group)
  }

  private func commit(_ group: inout [StampedEvent]) {
    defer { group.removeAll(keepingCapacity: true) }
    guard let last = group.last, !state.withLockedValue({ $0.isFailed }) else { return }
    let began = Clock.monotonic()
    do throws(JournalError) {
      try journal.append(group)
    } catch {
      // Nothing is wrong: what was decided is decided again.
      if error == .overtaken {
        metrics.overtaken.add()
        return answer(.overtaken)
      }
      state.withLockedValue { $0.isFailed = true }
      metrics.appendFailures.add()
      logger.error("\(JournalTrouble.words(error))")
      return answer(.appendFailed(reason: JournalTrouble.words(error)))
    }
    let duration = Clock.monotonic().since(began)
    metrics.commitMicroseconds.record(Int(duration.nanoseconds / 1_000))
    metrics.groupEvents.record(group.count)
    metrics.events.add(group.count)
    answer(.durable(through: last.entry))
    stored(group)
  }

  /// All of the state is durable by now, whatever becomes of later groups.
  private func spell(_ place: PlaceState) {
    let mayBegin = state.withLockedValue { state in
      guard !state.isFailed, !state.isSpelling else { return false }
      state.isSpelling = true
      return true
    }
    guard mayBegin else { return }
    speller.submit { [self] _ in
      do throws(JournalError) {
        enqueue(.save(try journal.makeSnapshot(of: place)))
      } catch {
        noSnapshot(error)
      }
      state.withLockedValue { $0.isSpelling = false }
    }
  }

  private func save(_ snapshot: StateSnapshot) {
    do throws(JournalError) {
      try journal.saveSnapshot(snapshot)
      metrics.snapshots.add()
    } catch {
      noSnapshot(error)
    }
  }

  /// Losing it loses nothing but time at the next start.
  private func noSnapshot(_ error: JournalError) {
    logger.warning("no snapshot was saved: \(JournalTrouble.words(error))")
  }

  private func purge(_ again: () -> Void) {
    guard !state.withLockedValue({ $0.isFailed }) else { return again() }
    do {
      if try !journal.purge() { again() }
    } catch .closed {
      // The server stops; the last snapshot has purged already.
    } catch {
      logger.warning("deleted words are still in the files: \(JournalTrouble.words(error))")
      again()
    }
  }

  private func load() {
    do {
      let loaded = try journal.loadState()
      state.withLockedValue { state in
        state.isFailed = false
        state.toldTrouble = nil
      }
      answer(.reloaded(loaded))
    } catch {
      let words = JournalTrouble.words(error)
      let isNews = state.withLockedValue { state in
        defer { state.toldTrouble = words }
        return state.toldTrouble != words
      }
      if isNews { logger.critical("the journal cannot be read: \(words)") }
      // Until it can, nothing is served: the hub waits for this answer.
      thread.submit { [self] item in
        // The server stops: what cannot be read now is read at its next start.
        guard item == .active else { return }
        Clock.sleep(milliseconds: 1_000)
        reload()
      }
    }
  }
}
