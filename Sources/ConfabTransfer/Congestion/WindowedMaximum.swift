/// The largest of recent values, where "recent" is this slot of time and the one before it.
///
/// BBR needs no finer window: for bandwidth a slot is a cycle of probing, for aggregation half of its
/// ten rounds.
struct WindowedMaximum: Sendable {
  private var current = 0.0
  private var previous = 0.0

  var value: Double { max(current, previous) }

  mutating func insert(_ value: Double) { current = max(current, value) }

  mutating func advance() {
    previous = current
    current = 0
  }

  mutating func reset() {
    current = 0
    previous = 0
  }
}
