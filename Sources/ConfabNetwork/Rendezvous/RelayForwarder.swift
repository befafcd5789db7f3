import ConfabMedia
import ConfabTransfer
import Primitives

/// The relay's table, and what the socket needs besides: where each end is to be sent to, and the one
/// datagram of each that waits for the other.
struct RelayForwarder {
  private struct End {
    var tuple: TransportTuple?
    /// What opens a connection and came before this end did: so it need not be sent twice.
    var kept: [UInt8]?
  }

  private var table: RelayTable
  /// By the table's slots.
  private var ends: [End] = []

  private static let handshakeFirstBytes: ClosedRange<UInt8> = 0x40...0x42

  init(limits: RelayLimits, at now: MonotonicTime) {
    var random = SystemRandomNumberGenerator()
    table = RelayTable(
      limits: limits, seed: .random(count: RelayTable.seedBytes, using: &random), at: now)
  }

  var count: Int { table.count }

  mutating func takeCounters() -> RelayCounters { table.takeCounters() }

  mutating func open(
    _ pairing: UInt64, for account: UInt64, and other: UInt64, tokens first: [UInt8],
    _ second: [UInt8], at now: MonotonicTime
  ) {
    guard let first = TransferToken(first), let second = TransferToken(second),
      let slots = table.open(
        pairing, for: account, and: other, tokens: first, second, at: now)
    else { return }
    while ends.count < table.slotCount { ends.append(End()) }
    ends[slots.first] = End()
    ends[slots.second] = End()
  }

  mutating func close(_ pairing: UInt64) { table.close(pairing) }

  mutating func expire(at now: MonotonicTime) { table.expire(at: now) }

  // MARK: - Datagrams

  /// Sends on what one end sent to the other.
  mutating func forward(
    _ datagram: UnsafeRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime,
    into outgoing: inout OutgoingDatagrams
  ) {
    let verdict = table.forward(
      byteCount: datagram.count, isHandshake: Self.handshakeFirstBytes.contains(datagram[0]),
      from: RelayAddress(tuple), at: now)
    switch verdict {
    case .forward(let slot):
      if let there = ends[slot].tuple { outgoing.append(datagram, to: there) }
    case .keep(let slot): ends[slot].kept = Array(datagram)
    case .refuse(let token):
      outgoing.append(RelayDatagram.refused(token, .quotaUsedUp).encoded, to: tuple)
    case .drop: break
    }
  }

  /// What to send back to who said something to the relay itself.
  struct Answer {
    var datagrams: [[UInt8]]
    /// It has shown that it receives there.
    var isProven: Bool
  }

  /// - Returns: the answer, and what waited for the end that has come; nil when it makes no sense.
  mutating func control(
    _ datagram: UnsafeRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime
  ) -> Answer? {
    guard case .bind(let token, let nonce) = RelayDatagram(datagram) else {
      // The relay's own words, or no words of its at all.
      return nil
    }
    do throws(RelayRefusal) {
      switch try table.bind(token, nonce, from: RelayAddress(tuple), at: now) {
      case .challenged(let fresh):
        return Answer(
          datagrams: [RelayDatagram.challenge(token, fresh).encoded], isProven: false)
      case .bound(let slot, let next):
        ends[slot].tuple = tuple
        let bound = RelayDatagram.bound(token, next).encoded
        return Answer(
          datagrams: [bound] + (ends[slot].kept.take().map { [$0] } ?? []), isProven: true)
      }
    } catch {
      return Answer(
        datagrams: [RelayDatagram.refused(token, error.reason).encoded], isProven: true)
    }
  }
}

extension RelayAddress {
  fileprivate init(_ tuple: TransportTuple) {
    self.init(high: tuple.remoteHigh, low: tuple.remoteLow, port: tuple.remotePort)
  }
}
