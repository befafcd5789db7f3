import Primitives

/// Either side of ICE, as far as a transport has to know.
package enum ICEAgent: Sendable {
  case lite(ICELite)
  case controlling(ICEController)

  /// Where to send; nil while no way has been proved.
  var selected: TransportTuple? {
    switch self {
    case .lite(let lite): lite.selected
    case .controlling(let controller): controller.isConnected ? controller.tuple : nil
    }
  }

  func isProved(_ tuple: TransportTuple) -> Bool {
    switch self {
    case .lite(let lite): lite.isProved(tuple)
    case .controlling(let controller): controller.isConnected && controller.tuple == tuple
    }
  }

  /// When the other side must have been heard at the latest.
  var consentDeadline: MonotonicTime {
    switch self {
    case .lite(let lite): lite.consentDeadline
    case .controlling(let controller): controller.consentDeadline
    }
  }

  /// When there is something to do at the latest.
  var nextDeadline: MonotonicTime {
    switch self {
    case .lite(let lite): lite.consentDeadline
    case .controlling(let controller): min(controller.consentDeadline, controller.nextDeadline)
    }
  }

  /// - Returns: an answer, to be sent to where the bytes came from.
  mutating func receive(
    _ bytes: [UInt8], from tuple: TransportTuple, at now: MonotonicTime
  ) -> [UInt8]? {
    switch self {
    case .lite(var lite):
      let outcome = lite.receive(bytes, from: tuple, at: now)
      self = .lite(lite)
      guard case .answer(let answer) = outcome else { return nil }
      return answer
    case .controlling(var controller):
      let answer = controller.receive(bytes, from: tuple, at: now)
      self = .controlling(controller)
      return answer
    }
  }

  /// Something that only the other side can have made came from there.
  mutating func authenticated(from tuple: TransportTuple) {
    guard case .lite(var lite) = self else { return }
    lite.authenticated(from: tuple)
    self = .lite(lite)
  }
}
