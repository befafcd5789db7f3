package import ConfabWire
import Synchronization

/// What the server says of its own accord, in order, from the event loop to one reader.
///
/// A reader that is too slow loses all that waits and is told so by one `lagging`, as if the server
/// had said it: the way to catch up is the same.
package final class PushQueue: Sendable {
  private struct State {
    var waiting: [WireServerFrame.OneOf_Body] = []
    var hasLagged = false
    var end: (any Error)?
    var reader: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  package init() {}

  // MARK: The event loop

  func add(_ push: WireServerFrame.OneOf_Body) {
    state.withLock { state in
      guard !state.hasLagged else { return }
      guard state.waiting.count < ConnectionLimits.waitingPushesMax else {
        state.waiting = [.lagging(WireLagging())]
        state.hasLagged = true
        return
      }
      state.waiting.append(push)
    }
  }

  /// Wakes the reader, once for all that came together.
  func deliver() {
    state.withLock { $0.waiting.isEmpty ? nil : $0.reader.take() }?.resume()
  }

  func finish(with error: any Error) {
    state.withLock { state in
      state.end = state.end ?? error
      return state.reader.take()
    }?.resume()
  }

  // MARK: The reader

  /// All that waits, at least one; throws when the connection has ended or the task is cancelled.
  package func next() async throws -> [WireServerFrame.OneOf_Body] {
    while true {
      try Task.checkCancellation()
      let batch = try state.withLock { state throws in
        if state.waiting.isEmpty, let end = state.end { throw end }
        defer { (state.waiting, state.hasLagged) = ([], false) }
        return state.waiting
      }
      if !batch.isEmpty { return batch }
      await waitForMore()
    }
  }

  private func waitForMore() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mayGoOn = state.withLock { state in
          if !state.waiting.isEmpty || state.end != nil || Task.isCancelled { return true }
          state.reader = continuation
          return false
        }
        if mayGoOn { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.reader.take() }?.resume()
    }
  }
}
