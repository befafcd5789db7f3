import ConfabClient

/// Keeps a chat connected: follows the server, sends what is in the outbox, and does what the screen
/// intends, over as many connections as it takes.
struct ChatConnections: Sendable {
  let dialer: Dialer
  /// What an earlier run left in the outbox.
  let unsent: [Draft]

  /// Runs until the task is cancelled.
  func run(_ session: ChatSession) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await session.run() }
      group.addTask { await follow(session) }
      group.addTask { await send(session) }
    }
  }

  private func follow(_ session: ChatSession) async {
    var follower = Follower(dialer, presence: true, receivesFiles: true)
    do {
      try await follower.run { await session.took($0) }
    } catch is CancellationError {
    } catch {
      await session.ended(error)
    }
  }

  private func send(_ session: ChatSession) async {
    var sender = MessageSender(unsent: unsent, patience: nil) { try await session.connection() }
    do {
      try await sender.run(session.drafts) { try await session.answered($0, $1) }
    } catch is CancellationError {
    } catch {
      await session.ended(error)
    }
  }
}
