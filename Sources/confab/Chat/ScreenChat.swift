import ConfabClient
import ConfabNetwork
import ConfabTerminal
import Foundation
import Primitives

/// The chat on the whole screen.
enum ScreenChat {
  /// How long the server may take to hear what was read, when the person has left already.
  private static let farewellMax: Duration = .seconds(1)

  /// - Parameter connect: keeps the session connected until it is cancelled.
  static func run(
    _ current: CurrentServer, channel: String, outbox: Outbox,
    connect: @escaping @Sendable (ChatSession) async -> Void
  ) async throws {
    let events = try ScreenEvents()
    let history = TypedLines(current.profile)
    let session = ChatSession(
      account: current.server.account, outbox: outbox, opening: channel.isRoomNumber ? channel : nil
    ) { await events.emit($0) }
    let now = LocalTime.now
    let model = ChatModel(
      account: current.server.account, place: current.server.address.description,
      offsetSeconds: LocalTime.offsetSeconds(at: now),
      now: Now(wall: now, monotonic: LocalTime.monotonic),
      channel: channel.isRoomNumber ? "#lobby" : channel,
      history: InputHistory(lines: history.load()))
    let connecting = Task {
      await session.tellUnsent()
      await connect(session)
    }
    let ending = try await onThread {
      var loop = try ScreenLoop(model, session: session, events: events, history: history)
      return loop.run()
    }
    if ending == .signOut { try await session.signOut(from: current) }
    await withDiscardingTaskGroup { group in
      group.addTask {
        await session.finish()
        connecting.cancel()
      }
      group.addTask {
        try? await Task.sleep(for: farewellMax)
        connecting.cancel()
      }
      await connecting.value
      group.cancelAll()
    }
    // Signing out ends the session as well, but that was wanted.
    if ending != .signOut, let end = await session.end { throw end }
  }

  /// The loop waits in system calls, which tasks must not.
  private static func onThread(
    _ body: @escaping @Sendable () throws -> ScreenLoop.Ending
  ) async throws -> ScreenLoop.Ending {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
  }
}
