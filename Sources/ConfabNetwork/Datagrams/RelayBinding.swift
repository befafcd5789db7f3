package import ConfabTransfer
package import Primitives

/// A socket's place at the server's relay: taken, and kept by saying so again now and then.
///
/// To get one takes a token, which comes with the offer's acceptance, and a nonce, which shows that the
/// socket receives at its address. The nonce is asked for at once, so that it is there when the token comes.
package struct RelayBinding: Sendable {
  package enum State: Hashable, Sendable {
    case asking
    /// The nonce is there, and there is no token yet.
    case ready
    case bound
    case refused(RelayDatagram.Reason)
    /// Nothing came back.
    case silent
  }

  /// Until the relay answers.
  private static let askInterval = Duration.milliseconds(250)
  private static let attemptsMax = 12
  /// Address translators forget after 30 s, the relay after 60. It also tells the relay an address that has
  /// changed, and brings another nonce before the last is too old.
  private static let renewInterval = Duration.seconds(15)

  package let relay: PathAddress
  package private(set) var state = State.asking
  /// Random until there is a token, so that only who saw the question can answer it.
  private var token: TransferToken
  private var hasToken = false
  private var nonce: RelayNonce?
  /// What was sent through the relay since has been dropped there.
  private var wasChallenged = false
  private var attempt = 0
  private var nextAttempt: MonotonicTime

  package init(
    _ relay: PathAddress, at now: MonotonicTime, using random: inout some RandomNumberGenerator
  ) {
    self.relay = relay
    guard
      let question = TransferToken(
        [UInt8].random(count: TransferToken.byteCount, using: &random))
    else { preconditionFailure("a token has \(TransferToken.byteCount) bytes") }
    token = question
    nextAttempt = now
  }

  /// The place that the token stands for is this socket's, instead of the one that it had before.
  package mutating func claim(_ token: TransferToken, at now: MonotonicTime) {
    self.token = token
    hasToken = true
    ask(at: now)
  }

  /// The token is good no more; the socket may get another.
  package mutating func release(at now: MonotonicTime) {
    hasToken = false
    ask(at: now)
  }

  private mutating func ask(at now: MonotonicTime) {
    state = .asking
    wasChallenged = false
    attempt = 0
    nextAttempt = now
  }

  package var nextDeadline: MonotonicTime? {
    switch state {
    case .asking, .ready, .bound: nextAttempt
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
    return RelayDatagram.bind(token, nonce).encoded
  }

  /// One's own address has changed: the relay must hear of it at once.
  package mutating func renew(at now: MonotonicTime) {
    guard state == .bound else { return }
    nextAttempt = now
  }

  /// - Returns: true when the place was taken only now, so that what was sent before is lost.
  package mutating func receive(
    _ datagram: UnsafeRawBufferPointer, at now: MonotonicTime
  ) -> Bool {
    switch RelayDatagram(datagram) {
    case .bound(token, let next) where hasToken:
      settle(.bound, next, at: now)
      defer { wasChallenged = false }
      return wasChallenged
    case .challenge(token, let fresh):
      guard hasToken else {
        settle(.ready, fresh, at: now)
        return false
      }
      nonce = fresh
      wasChallenged = true
      nextAttempt = now
    case .refused(token, let reason) where hasToken: state = .refused(reason)
    default: break
    }
    return false
  }

  private mutating func settle(_ settled: State, _ next: RelayNonce, at now: MonotonicTime) {
    state = settled
    nonce = next
    attempt = 0
    nextAttempt = now + Self.renewInterval
  }
}
