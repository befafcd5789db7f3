package import ConfabDomain

/// Why there is no connection, or no longer one.
package enum ConnectionError: Error, Hashable {
  /// Nobody answers, or what answers is no Confab.
  case unreachable(String)
  /// The server does not prove that it is the one whose link was given.
  case untrusted(String)
  /// It was there and is gone: nothing is known about requests without an answer.
  case lost(String)
  /// What answers speaks of other things than was asked: trying again changes nothing.
  case incompatible(String)
  /// The server ended it, for this reason.
  case ended(Rejection)
}

extension ConnectionError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(let reason), .untrusted(let reason), .lost(let reason),
      .incompatible(let reason):
      reason
    case .ended(let rejection): rejection.message
    }
  }
}

extension ConnectionError {
  package static let wrongAnswer = ConnectionError.incompatible(
    "The server gave an answer of the wrong kind. Upgrade the older of the two.")
}

extension Rejection {
  /// Whether another connection, or the same request later, may fare better.
  package var mayPass: Bool {
    switch code {
    case .rateLimited, .signInBusy, .journalUnavailable, .serverStopping, .addressLimited,
      .signInTimeout:
      true
    default: false
    }
  }
}
