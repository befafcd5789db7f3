package import ConfabTransfer
package import Primitives
import STUN

/// Asks a server, from the transfer's own socket, at which address it sees that socket: the address
/// that others may reach us at through a translator (RFC 8489 §12).
package struct ReflexiveQuery: Sendable {
  package enum Answer: Hashable, Sendable {
    case seen(PathAddress)
    /// Nothing came back: something on the way drops UDP.
    case silence
  }

  /// Datagrams get lost without anybody's fault. Together these last under 4 s (RFC 8489 §6.2.1
  /// doubles from 500 ms for ten times as long; people wait here).
  private static let intervals: [Duration] = [
    .milliseconds(250), .milliseconds(500), .milliseconds(1_000), .milliseconds(2_000),
  ]

  package let server: PathAddress
  package private(set) var answer: Answer?
  private let transaction: [UInt8]
  private var attempt = 0
  private var nextAttempt: MonotonicTime

  package init(
    _ server: PathAddress, at now: MonotonicTime, using random: inout some RandomNumberGenerator
  ) {
    self.server = server
    transaction = .random(count: STUNMessage.transactionBytes, using: &random)
    nextAttempt = now
  }

  package var nextDeadline: MonotonicTime? { answer == nil ? nextAttempt : nil }

  /// The request, when it is time for one.
  package mutating func nextDatagram(at now: MonotonicTime) -> [UInt8]? {
    guard answer == nil, nextAttempt <= now else { return nil }
    guard attempt < Self.intervals.count else {
      answer = .silence
      return nil
    }
    nextAttempt = now + Self.intervals[attempt]
    attempt += 1
    return STUNMessage(.request, transaction: transaction).encoded(fingerprint: true)
  }

  package mutating func receive(_ datagram: [UInt8], from source: PathAddress) {
    // Only who saw the request knows its number.
    guard answer == nil, let message = STUNMessage(datagram), message.messageClass == .success,
      message.transaction == transaction,
      let value = message.value(of: AttributeType.xorMappedAddress),
      let seen = MappedAddress(xored: value, transaction: transaction),
      let address = PathAddress(
        bytes: seen.address, port: seen.port, localSocket: source.localSocket)
    else { return }
    answer = .seen(address)
  }
}

extension PathAddress {
  /// - Parameter bytes: 4 of IPv4 or 16 of IPv6, in network order; nil for any other number.
  package init?(bytes: [UInt8], port: UInt16, localSocket: UInt8 = 0) {
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    switch bytes.count {
    case 4:
      self.init(
        ipv4: UInt32(number(bytes[...])), port: port, localSocket: localSocket)
    case 16:
      self.init(
        high: number(bytes[..<8]), low: number(bytes[8...]), port: port,
        localSocket: localSocket)
    default: return nil
    }
  }

  /// Of this machine itself: 127.0.0.0/8 or ::1.
  package var isLoopback: Bool {
    (high == 0 && low == 1) || (high == 0 && low >> 24 == 0xFFFF_7F)
  }
}
