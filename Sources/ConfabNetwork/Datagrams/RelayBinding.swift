package import ConfabTransfer
package import Primitives

/// A socket's place at the server's relay: taken, and kept by saying so again now and then.
package struct RelayBinding: Sendable {
  package enum State: Hashable, Sendable {
    case asking
    case bound
    case refused(RelayDatagram.Reason)
    /// Nothing came back.
    case silent
  }

  /// Until the relay answers.
  private static let askInterval = Duration.milliseconds(250)
  private static let attemptsMax = 12
  /// Address translators forget after 30 s, the relay after 60. Binding anew, instead of only keeping
  /// alive, also tells the relay an address that has changed.
  private static let renewInterval = Duration.seconds(15)

  package let relay: PathAddress
  package private(set) var state = State.asking
  private let token: TransferToken
  private var attempt = 0
  private var nextAttempt: MonotonicTime

  package init(_ relay: PathAddress, token: TransferToken, at now: MonotonicTime) {
    self.relay = relay
    self.token = token
    nextAttempt = now
  }

  package var nextDeadline: MonotonicTime? {
    switch state {
    case .asking, .bound: nextAttempt
    case .refused, .silent: nil
    }
  }

  package mutating func nextDatagram(at now: MonotonicTime) -> [UInt8]? {
    guard let nextDeadline, nextDeadline <= now else { return nil }
    if attempt == Self.attemptsMax {
      state = .silent
      return nil
    }
    attempt += 1
    nextAttempt = now + (attempt == 1 || state == .asking ? Self.askInterval : Self.renewInterval)
    return RelayDatagram.bind(token).encoded
  }

  /// One's own address has changed: the relay must hear of it at once.
  package mutating func renew(at now: MonotonicTime) {
    guard state == .bound else { return }
    nextAttempt = now
  }

  package mutating func receive(_ datagram: UnsafeRawBufferPointer, at now: MonotonicTime) {
    switch RelayDatagram(datagram) {
    case .bound(token):
      state = .bound
      attempt = 0
      nextAttempt = now + Self.renewInterval
    case .refused(token, let reason): state = .refused(reason)
    default: break
    }
  }
}
