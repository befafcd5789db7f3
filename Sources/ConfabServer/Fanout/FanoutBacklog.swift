import Synchronization

/// Counts bytes of events that wait for the event loops, and says when nobody should be read from:
/// fast senders are slowed, rather than everybody's latency growing without bound.
final class FanoutBacklog: Sendable {
  private let bytes = Atomic<Int>(0)
  private let closed = Atomic<Bool>(false)
  private let metrics: ServerMetrics

  init(metrics: ServerMetrics) {
    self.metrics = metrics
  }

  /// Whether reading should wait.
  var isClosed: Bool { closed.load(ordering: .acquiring) }

  func add(bytes count: Int) {
    let now = bytes.wrappingAdd(count, ordering: .acquiringAndReleasing).newValue
    metrics.backlogBytes.add(count)
    guard now > ServerLimits.fanoutBacklogBytesHigh,
      !closed.exchange(true, ordering: .acquiringAndReleasing)
    else { return }
    metrics.backlogPauses.add()
  }

  /// - Returns: true when reading may go on, everywhere; whoever gets this must say so to all loops.
  func remove(bytes count: Int) -> Bool {
    let now = bytes.wrappingSubtract(count, ordering: .acquiringAndReleasing).newValue
    metrics.backlogBytes.add(-count)
    guard now <= ServerLimits.fanoutBacklogBytesLow else { return false }
    return closed.exchange(false, ordering: .acquiringAndReleasing)
  }
}
