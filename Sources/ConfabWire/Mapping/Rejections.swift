package import ConfabDomain
import Primitives

extension WireRefusal {
  package init(_ rejection: Rejection) {
    self.init()
    code = rejection.code.rawValue
    message = rejection.message
    // Rounded up: who comes back a moment too early is refused again.
    retryAfterMs = rejection.retryAfter.map { UInt64(max(1, $0.milliseconds)) } ?? 0
  }
}

extension WireGoodbye {
  package init(_ rejection: Rejection) {
    self.init()
    reason = WireRefusal(rejection)
  }
}

extension Rejection {
  package init(_ refusal: WireRefusal) {
    let wait: Duration? =
      refusal.retryAfterMs == 0 ? nil : .milliseconds(Int64(clamping: refusal.retryAfterMs))
    if let code = Code(rawValue: refusal.code) {
      self.init(code, refusal.message, retryAfter: wait)
    } else {
      // From a newer server: its words and its number still reach the person.
      self.init(
        .internalError, "\(refusal.message) (error \(refusal.code))", retryAfter: wait)
    }
  }
}
