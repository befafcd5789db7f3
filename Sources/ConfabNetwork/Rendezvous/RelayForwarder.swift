import ConfabTransfer
import NIOCore
import Primitives

/// The relay's table, and what the socket needs besides: addresses in the system's form, and the one
/// datagram of each end that waits for the other.
struct RelayForwarder {
  private struct End {
    var address: SocketAddress?
    /// What opens a connection and came before this end did: so it need not be sent twice.
    var kept: ByteBuffer?
  }

  private var table: RelayTable
  /// By the table's slots.
  private var ends: [End] = []

  private static let handshakeFirstBytes: ClosedRange<UInt8> = 0x40...0x42

  init(limits: RelayLimits, at now: NIODeadline) {
    table = RelayTable(limits: limits, at: MonotonicTime(now))
  }

  var count: Int { table.count }

  mutating func takeCounters() -> RelayCounters { table.takeCounters() }

  mutating func open(
    _ pairing: UInt64, tokens first: [UInt8], _ second: [UInt8], at now: NIODeadline
  ) {
    guard let first = TransferToken(first), let second = TransferToken(second),
      let slots = table.open(pairing, tokens: first, second, at: MonotonicTime(now))
    else { return }
    while ends.count < table.slotCount { ends.append(End()) }
    ends[slots.first] = End()
    ends[slots.second] = End()
  }

  mutating func close(_ pairing: UInt64) { table.close(pairing) }

  mutating func expire(at now: NIODeadline) { table.expire(at: MonotonicTime(now)) }

  // MARK: - Datagrams

  /// - Returns: what is to be sent, if anything.
  mutating func forward(
    _ envelope: AddressedEnvelope<ByteBuffer>, _ first: UInt8, at now: NIODeadline
  ) -> AddressedEnvelope<ByteBuffer>? {
    guard let source = RelayAddress(envelope.remoteAddress) else { return nil }
    let verdict = table.forward(
      byteCount: envelope.data.readableBytes,
      isHandshake: Self.handshakeFirstBytes.contains(first), from: source, at: MonotonicTime(now))
    switch verdict {
    case .forward(let slot):
      return ends[slot].address.map {
        AddressedEnvelope(remoteAddress: $0, data: envelope.data)
      }
    case .keep(let slot):
      // A copy: what came is a slice of a buffer for many.
      ends[slot].kept = ByteBuffer(bytes: envelope.data.readableBytesView)
      return nil
    case .refuse(let token):
      return Self.answer(.refused(token, .quotaUsedUp), to: envelope.remoteAddress)
    case .drop: return nil
    }
  }

  /// - Returns: the answer, and what waited for the end that has come; nil when it makes no sense.
  mutating func control(
    _ envelope: AddressedEnvelope<ByteBuffer>, at now: NIODeadline
  ) -> [AddressedEnvelope<ByteBuffer>]? {
    guard let source = RelayAddress(envelope.remoteAddress),
      let datagram = envelope.data.withUnsafeReadableBytes({ RelayDatagram($0) })
    else { return nil }
    switch datagram {
    case .bind(let token), .keepAlive(let token):
      do throws(RelayRefusal) {
        let slot = try table.bind(token, from: source, at: MonotonicTime(now))
        ends[slot].address = envelope.remoteAddress
        let kept = ends[slot].kept.take().map {
          AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: $0)
        }
        return [Self.answer(.bound(token), to: envelope.remoteAddress)] + (kept.map { [$0] } ?? [])
      } catch {
        return [Self.answer(.refused(token, error.reason), to: envelope.remoteAddress)]
      }
    // The relay's own words.
    case .bound, .refused: return nil
    }
  }

  private static func answer(
    _ datagram: RelayDatagram, to address: SocketAddress
  ) -> AddressedEnvelope<ByteBuffer> {
    AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: datagram.encoded))
  }
}

extension MonotonicTime {
  fileprivate init(_ deadline: NIODeadline) {
    self.init(nanoseconds: deadline.uptimeNanoseconds)
  }
}

extension RelayAddress {
  // Where port and address stand in `sockaddr_in` and `sockaddr_in6`, the same on every system.
  private static let portOffset = 2
  private static let ipv4Offset = 4
  private static let ipv6Offset = 8
  /// RFC 4291 §2.5.5.2.
  private static let mappedPrefix: UInt64 = 0xFFFF << 32

  /// Nil for what is no Internet address.
  init?(_ address: SocketAddress) {
    switch address {
    case .v4(let v4):
      let (host, port) = withUnsafeBytes(of: v4.address) {
        (
          UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: Self.ipv4Offset, as: UInt32.self)),
          UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: Self.portOffset, as: UInt16.self))
        )
      }
      self.init(high: 0, low: Self.mappedPrefix | UInt64(host), port: port)
    case .v6(let v6):
      let (high, low, port) = withUnsafeBytes(of: v6.address) {
        (
          UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: Self.ipv6Offset, as: UInt64.self)),
          UInt64(
            bigEndian: $0.loadUnaligned(fromByteOffset: Self.ipv6Offset + 8, as: UInt64.self)),
          UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: Self.portOffset, as: UInt16.self))
        )
      }
      self.init(high: high, low: low, port: port)
    case .unixDomainSocket: return nil
    }
  }
}
