import ConfabClient
import ConfabWire

/// Tells the server how far a stream was read, at most once in a while: each mark is an entry of the
/// journal for ever, and messages may come by the hundred.
actor ReadMarking {
  private var connection: Connection?
  private var sequence: UInt64 = 0
  private var told: UInt64 = 0
  private var isWaiting = false

  /// - Parameter connection: nil tells nothing.
  func use(_ connection: Connection?) {
    self.connection = connection
  }

  /// At once when there was none for a while; otherwise when the pause is over.
  func note(_ sequence: UInt64, in channel: UInt64, pause: Duration) async {
    self.sequence = max(self.sequence, sequence)
    guard !isWaiting else { return }
    isWaiting = true
    await tell(channel)
    Task {
      try? await Task.sleep(for: pause)
      isWaiting = false
      if told < self.sequence { await tell(channel) }
    }
  }

  private func tell(_ channel: UInt64) async {
    var mark = WireMarkRead()
    mark.channel = .numbered(channel)
    mark.sequence = sequence
    // A lost connection's mark comes with the next message.
    guard let connection, (try? await connection.request(.markRead(mark))) != nil else { return }
    told = max(told, mark.sequence)
  }
}
