import ConfabDomain
import OrderedCollections
import Primitives

// Clients send messages one behind the other without waiting for answers. When one is refused for the
// moment, those behind it are on their way already, and one of them could be taken when the moment is
// over: in front of the message that it follows.
extension Hub {
  /// Refuses what was sent behind a refused message before its sender can have known.
  //= Docs/Protocol.md#sending
  mutating func keepOrder(_ request: Request, _ caller: Caller) throws(Rejection) {
    guard case .send(let outgoing) = request,
      let until = connections[caller.connection]?.sendsHeldBackUntil
    else { return }
    guard !outgoing.isRetry, now.monotonic < until else {
      connections[caller.connection]?.sendsHeldBackUntil = nil
      return
    }
    throw Rejection(
      .rateLimited, "A message before this one was refused for the moment. Send that again first.",
      retryAfter: until.since(now.monotonic))
  }

  /// A message is refused: unless for good, nothing passes it.
  mutating func holdBackSends(behind refusal: Rejection, on id: ConnectionID) {
    guard let wait = refusal.retryAfter, connections[id]?.sendsHeldBackUntil == nil else { return }
    connections[id]?.sendsHeldBackUntil = now.monotonic + wait + HubLimits.sendsHeldBack
  }
}
