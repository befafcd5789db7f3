import ConfabClient
import ConfabTerminal

/// Events on their way from tasks to the thread that paints, which they wake.
final class ScreenEvents: Sendable {
  /// Who tells more must wait until the screen has taken some: a slow terminal slows the connection,
  /// and what then is missed is asked for again.
  private static let eventsMax = 1_024

  let news: WakePipe
  private let queue = BoundedQueue<ChatEvent>(countMax: eventsMax)

  init() throws {
    news = try WakePipe()
  }

  func emit(_ event: ChatEvent) async {
    await queue.push(event)
    news.wake()
  }

  func next() -> ChatEvent? { queue.tryNext() }

  /// Nobody looks any more: what still comes is dropped.
  func finish() { queue.finish() }
}
