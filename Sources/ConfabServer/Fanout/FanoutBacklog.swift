import NIOConcurrencyHelpers
import Synchronization

/// Counts bytes of events that wait for the event loops, and says when nobody should be read from:
/// fast senders are slowed, rather than everybody's latency growing without bound.
final class FanoutBacklog: Sendable {
  private let bytes = Atomic<Int>(0)
  /// Changed under the lock of `waiting` only, so that nobody begins to wait for what has just
  /// happened; read without it at every read of a connection.
  private let closed = Atomic<Bool>(false)
  /// Loops with connections that wait.
  private let waiting = NIOLockedValueBox<[LoopFanout]>([])
  private let metrics: ServerMetrics

  init(metrics: ServerMetrics) {
    self.metrics = metrics
  }

  /// Whether reading should wait.
  var isClosed: Bool { closed.load(ordering: .sequentiallyConsistent) }

  /// - Returns: false when there is nothing to wait for any more.
  func wait(_ fanout: LoopFanout) -> Bool {
    waiting.withLockedValue { waiting in
      guard isClosed else { return false }
      waiting.append(fanout)
      return true
    }
  }

  func add(bytes count: Int) {
    let now = bytes.wrappingAdd(count, ordering: .sequentiallyConsistent).newValue
    metrics.backlogBytes.add(count)
    guard now > ServerLimits.fanoutBacklogBytesHigh, !isClosed else { return }
    metrics.backlogPauses.add()
    waiting.withLockedValue { _ in closed.store(true, ordering: .sequentiallyConsistent) }
    // All of it may have drained before it was closed: then nobody else would open it.
    openIfDrained(bytes.load(ordering: .sequentiallyConsistent))
  }

  func remove(bytes count: Int) {
    let now = bytes.wrappingSubtract(count, ordering: .sequentiallyConsistent).newValue
    metrics.backlogBytes.add(-count)
    openIfDrained(now)
  }

  private func openIfDrained(_ bytes: Int) {
    guard bytes <= ServerLimits.fanoutBacklogBytesLow, isClosed else { return }
    let resumed = waiting.withLockedValue { waiting in
      closed.store(false, ordering: .sequentiallyConsistent)
      let resumed = waiting
      waiting = []
      return resumed
    }
    for fanout in resumed { fanout.backlogDrained() }
  }
}
