/// Comparisons of sources with the manifest, one at a time, however often the other side gives reason for
/// one: each opens every file of its range.
struct SourceChecks: Sendable {
  private struct Check {
    var range: Range<UInt64>
    /// Begun when everything had been read.
    var isLast: Bool
  }

  private var running: Check?
  private var waiting: Check?

  mutating func add(_ range: Range<UInt64>, isLast: Bool = false) {
    guard let other = waiting else {
      waiting = Check(range: range, isLast: isLast)
      return
    }
    let lower = min(other.range.lowerBound, range.lowerBound)
    let upper = max(other.range.upperBound, range.upperBound)
    waiting = Check(range: lower..<upper, isLast: other.isLast || isLast)
  }

  /// What is to be compared now; nil while that is under way, and where there is nothing.
  mutating func next() -> Range<UInt64>? {
    guard running == nil, let check = waiting else { return nil }
    running = check
    waiting = nil
    return check.range
  }

  /// - Returns: whether it was the last comparison that is needed.
  mutating func finished() -> Bool {
    defer { running = nil }
    return running?.isLast ?? false
  }
}
