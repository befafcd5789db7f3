import ConfabDomain
import ConfabHub
import NIOConcurrencyHelpers

/// Whoever carries the media of meetings. What it reports goes to the hub as `Input.media`, from any
/// thread.
protocol MediaSide: Sendable {
  /// Called on the hub's thread, which must not wait.
  func perform(_ order: MediaOrder)
}

/// Between the hub and the media side, which needs a port and so is there later.
final class MediaDoor: Sendable {
  private let side = NIOLockedValueBox<(any MediaSide)?>(nil)

  func open(_ side: any MediaSide) {
    self.side.withLockedValue { $0 = side }
  }

  /// - Returns: the answer to a question, when nobody is there to answer it.
  func perform(_ order: MediaOrder) -> MediaReport? {
    if let side = side.withLockedValue({ $0 }) {
      side.perform(order)
      return nil
    }
    switch order {
    case .publish(_, let ticket, _, _), .answer(_, let ticket, _, _):
      return .unavailable(ticket)
    default: return nil
    }
  }
}
