package import Primitives

/// How it stands between this client and the server.
package enum ConnectionState: Hashable, Sendable {
  /// The first attempt, or one after a loss, is under way.
  case connecting
  /// Signed in; everything on show is current.
  case connected
  /// Waiting until the next attempt. What is typed is kept and sent later.
  case lost(nextAttempt: MonotonicTime)
  /// The server does not want this client, for this reason; it will not try again by itself.
  case refused(reason: String)
}
