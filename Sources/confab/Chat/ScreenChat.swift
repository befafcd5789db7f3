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
    _ current: CurrentServer, channel: String, outbox: Outbox, into folder: String, hasBell: Bool,
    connect: @escaping @Sendable (ChatSession) async -> Void
  ) async throws {
    let events = try ScreenEvents()
    let history = TypedLines(current.profile)
    let emit: ChatSession.Emit = { await events.emit($0) }
    let account = current.server.account
    let session = ChatSession(
      account: account, outbox: outbox, opening: channel.isRoomNumber ? channel : nil,
      files: ChatFiles(
        account: account, parties: try TransferParties(current), folder: folder, emit: emit),
      emit: emit)
    let model = ChatModel(
      account: account, place: current.server.address.description,
      zone: LocalTime.zone,
      now: Now(wall: LocalTime.now, monotonic: LocalTime.monotonic),
      channel: channel.isRoomNumber ? "#lobby" : channel,
      history: InputHistory(lines: history.load()))
    let connecting = Task {
      await session.tellUnsent()
      await connect(session)
    }
    let ending = try await onThread {
      var loop = try ScreenLoop(
        model, session: session, events: events, history: history, hasBell: hasBell)
      return loop.run()
    }
    if ending == .signOut { try await session.signOut(from: current) }
    await farewell(session)
    connecting.cancel()
    // Signing out ends the session as well, but that was wanted.
    let end = ending == .signOut ? nil : await session.end
    await session.stop()
    if let end { throw end }
  }

  /// Tells what was read, for as long as a person who has left waits gladly.
  private static func farewell(_ session: ChatSession) async {
    let isOver = BoundedQueue<Void>(countMax: 1)
    let telling = Task {
      await session.finish()
      isOver.offer(())
    }
    let waiting = Task {
      try await Task.sleep(for: farewellMax)
      isOver.offer(())
    }
    _ = await isOver.next()
    telling.cancel()
    waiting.cancel()
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
