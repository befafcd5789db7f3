package import NIOCore

/// What a connection waits for and holds at most.
package enum ConnectionLimits {
  /// What ALPN calls our protocol.
  package static let applicationProtocol = "confab/1"
  /// From the first packet until requests may be sent. The server allows itself 10 s for the sign-in.
  package static let openingMax = TimeAmount.seconds(15)
  package static let connectMax = TimeAmount.seconds(5)
  /// Longer than a round trip on this planet; RFC 8305 §5 waits 250 ms before it tries another address.
  static let secondAttempt = TimeAmount.milliseconds(300)
  /// Pushes that wait for a slow reader.
  package static let waitingPushesMax = 16_384
  /// Requests that wait for SignIn to be sent.
  static let earlyRequestsMax = 16
}
