import DequeModule

/// Whose passwords are being checked and who waits for that: so many of one network at once, so that
/// a flood from one takes turns of its own and nobody else's.
struct CheckLines: Sendable {
  private struct Line: Sendable {
    var underWay = 0
    var waiting: Deque<AttemptKey> = []
  }

  private var lines: [NetworkPrefix: Line] = [:]

  /// Takes a turn, if one is free.
  mutating func begin(_ network: NetworkPrefix) -> Bool {
    guard hasTurn(network) else { return false }
    lines[network, default: Line()].underWay += 1
    return true
  }

  mutating func end(_ network: NetworkPrefix) {
    lines[network]?.underWay -= 1
    forgetIfEmpty(network)
  }

  func hasTurn(_ network: NetworkPrefix) -> Bool {
    (lines[network]?.underWay ?? 0) < HubLimits.checksPerNetworkMax
  }

  /// Returns false when the line is full.
  mutating func wait(_ key: AttemptKey, _ network: NetworkPrefix) -> Bool {
    guard (lines[network]?.waiting.count ?? 0) < HubLimits.checksInLineMax else { return false }
    lines[network, default: Line()].waiting.append(key)
    return true
  }

  /// Whose turn is next.
  mutating func next(_ network: NetworkPrefix) -> AttemptKey? {
    defer { forgetIfEmpty(network) }
    return lines[network]?.waiting.popFirst()
  }

  private mutating func forgetIfEmpty(_ network: NetworkPrefix) {
    if let line = lines[network], line.underWay == 0, line.waiting.isEmpty { lines[network] = nil }
  }
}
