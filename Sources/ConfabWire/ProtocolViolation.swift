package import ConfabDomain

/// The peer did what no correct peer does. It is told so, and the connection is closed.
package struct ProtocolViolation: Error, Hashable, Sendable {
  package var code: Rejection.Code
  /// What happened, as a sentence for whoever writes the peer.
  package var message: String
  /// The request that did it, or 0 when it was none in particular.
  package var request: UInt64

  package init(_ code: Rejection.Code, _ message: String, request: UInt64 = 0) {
    self.code = code
    self.message = message
    self.request = request
  }

  package var rejection: Rejection { Rejection(code, message) }

  /// The last frame that a server sends before it closes: the answer to the request at fault, or
  /// Goodbye.
  package var farewell: WireServerFrame {
    request == 0 ? .push(.goodbye(.init(rejection))) : .refusal(of: request, rejection)
  }

  /// - Parameters:
  ///   - bytes: the length of the frame that came.
  ///   - bytesMax: what is taken now; less than the protocol's limit from strangers.
  static func tooLong(bytes: Int, bytesMax: Int) -> ProtocolViolation {
    guard bytes <= WireLimits.frameBytesMax else {
      return ProtocolViolation(
        .frameTooLong,
        "A frame of \(bytes) bytes is too long: at most \(WireLimits.frameBytesMax) are taken.")
    }
    return ProtocolViolation(
      .signInTimeout,
      "A frame of \(bytes) bytes is too long before signing in: \(bytesMax) are left.")
  }
}
