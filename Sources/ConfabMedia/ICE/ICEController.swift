package import Primitives
import STUN

/// The other side of `ICELite`, for programs that join a meeting: it checks one address of a server
/// and nominates it at once, since there is no other to choose.
package struct ICEController: Sendable {
  /// RFC 8445 §14: pacing of checks, and how long one waits before it is sent again.
  private static let firstWait = Duration.milliseconds(50)
  private static let longestWait = Duration.milliseconds(1_600)
  /// RFC 7675 §5.1: each 5 s, here without the spread that keeps many from being in step.
  private static let consentInterval = Duration.seconds(5)

  private let local: ICECredentials
  private let remote: ICECredentials
  private let key: IntegrityKey
  private let tieBreaker: UInt64
  package let tuple: TransportTuple
  /// Nil while nothing is asked.
  private var transaction: [UInt8]?
  private var wait = ICEController.firstWait
  private var nextCheck: MonotonicTime
  private var answeredAt: MonotonicTime?
  private let startedAt: MonotonicTime

  package init(
    local: ICECredentials, remote: ICECredentials, tuple: TransportTuple, tieBreaker: UInt64,
    at now: MonotonicTime
  ) {
    self.local = local
    self.remote = remote
    self.tuple = tuple
    self.tieBreaker = tieBreaker
    key = remote.integrityKey
    nextCheck = now
    startedAt = now
  }

  package var isConnected: Bool { answeredAt != nil }
  package var nextDeadline: MonotonicTime { nextCheck }
  /// RFC 7675 §5.1.
  package var consentDeadline: MonotonicTime {
    (answeredAt ?? startedAt) + ICELite.consentLifetime
  }

  /// A check to be sent, when it is time for one.
  package mutating func poll(
    at now: MonotonicTime, using generator: inout some RandomNumberGenerator
  ) -> [UInt8]? {
    guard now >= nextCheck else { return nil }
    if transaction == nil {
      transaction = .random(count: STUNMessage.transactionBytes, using: &generator)
      wait = Self.firstWait
    }
    nextCheck = now + wait
    wait = min(wait * 2, Self.longestWait)
    return check()
  }

  private func check() -> [UInt8]? {
    transaction.map { transaction in
      STUNMessage(
        .request, transaction: transaction,
        attributes: [
          .init(
            type: AttributeType.username,
            value: Array("\(remote.fragment):\(local.fragment)".utf8)),
          .init(type: AttributeType.priority, value: Self.priority),
          .init(type: AttributeType.iceControlling, value: Self.bytes(tieBreaker)),
          .init(type: AttributeType.useCandidate, value: []),
        ]
      ).encoded(integrity: key, fingerprint: true)
    }
  }

  /// RFC 8445 §5.1.2.1 with peer-reflexive 110, the highest local preference, component 1.
  private static let priority: [UInt8] = [110, 0xFF, 0xFF, 0xFF]

  private static func bytes(_ word: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
  }

  /// An answer, if it is one to the check that is under way and proves to be the server's; or a check of
  /// the server's own, which some send though they need not.
  ///
  /// - Returns: what is to be sent back to where the bytes came from.
  package mutating func receive(
    _ bytes: [UInt8], from source: TransportTuple, at now: MonotonicTime
  ) -> [UInt8]? {
    guard let message = STUNMessage(bytes) else { return nil }
    if message.messageClass == .request { return answer(to: message, bytes, from: source) }
    guard message.messageClass == .success, message.transaction == transaction,
      key.authenticates(bytes)
    else { return nil }
    transaction = nil
    answeredAt = now
    nextCheck = now + Self.consentInterval
    return nil
  }

  private func answer(
    to request: STUNMessage, _ bytes: [UInt8], from source: TransportTuple
  ) -> [UInt8]? {
    let own = local.integrityKey
    guard request.method == STUNMessage.binding,
      request.value(of: AttributeType.username)
        == Array("\(local.fragment):\(remote.fragment)".utf8),
      own.authenticates(bytes),
      let address = MappedAddress(address: source.remoteAddress, port: source.remotePort)
    else { return nil }
    return STUNMessage(
      .success, transaction: request.transaction,
      attributes: [
        .init(
          type: AttributeType.xorMappedAddress,
          value: address.xored(transaction: request.transaction))
      ]
    ).encoded(integrity: own, fingerprint: true)
  }
}
