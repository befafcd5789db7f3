import ConfabDomain
import OrderedCollections
import Primitives

// Clients send messages one behind the other without waiting for answers. When one is refused for the
// moment, those behind it are on their way already, and one of them could be taken when the moment is
// over: in front of the message that it follows.

/// A message that its sender was told to send again.
struct RefusedSend: Sendable {
  var id: MessageID
  /// What those behind it are told too.
  var refusal: Rejection
  /// When its sender was told to come again. Whoever has not come with the same message by then has
  /// given it up.
  var until: MonotonicTime
}

extension Hub {
  /// Refuses what was sent behind a refused message before its sender can have known.
  mutating func keepOrder(_ request: Request, _ caller: Caller) throws(Rejection) {
    guard case .send(let outgoing) = request,
      let refused = connections[caller.connection]?.refusedSend
    else { return }
    guard outgoing.id != refused.id, now.monotonic < refused.until else {
      connections[caller.connection]?.refusedSend = nil
      return
    }
    var refusal = refused.refusal
    refusal.retryAfter = refused.until.since(now.monotonic)
    throw refusal
  }

  /// Remembers a message that is refused for the moment.
  ///
  /// - Returns: the refusal with the time to wait: once that is over, any message is taken, so that
  ///   who does as told need not know of the rule.
  mutating func holdingBack(
    behind request: Request, _ caller: Caller, _ refusal: Rejection
  ) -> Rejection {
    guard case .send(let outgoing) = request, let wait = refusal.retryAfter,
      connections[caller.connection]?.refusedSend == nil
    else { return refusal }
    var refusal = refusal
    let hold = max(wait, HubLimits.refusedSendHold)
    refusal.retryAfter = hold
    connections[caller.connection]?.refusedSend = RefusedSend(
      id: outgoing.id, refusal: refusal, until: now.monotonic + hold)
    return refusal
  }
}
