import ConfabHub

/// The connections of one loop that hear one thing.
struct Subscribers {
  private var sessions: ContiguousArray<SessionHandler> = []

  var isEmpty: Bool { sessions.isEmpty }

  /// For one that is known not to be in it.
  mutating func append(_ session: SessionHandler) {
    sessions.append(session)
  }

  mutating func insert(_ session: SessionHandler) {
    guard !sessions.contains(where: { $0 === session }) else { return }
    sessions.append(session)
  }

  mutating func remove(_ session: SessionHandler) {
    guard let index = sessions.firstIndex(where: { $0 === session }) else { return }
    sessions.swapAt(index, sessions.count - 1)
    sessions.removeLast()
  }

  /// Writes the same bytes to each, at once.
  ///
  /// - Returns: how many took them.
  @discardableResult
  func push(_ joined: Joined) -> Int {
    var count = 0
    for session in sessions where session.push(joined.buffer(for: session.id.encoding)) {
      count += 1
    }
    return count
  }
}
