import ConfabTransfer
import Crypto
import Primitives

/// The other side of one connection, made by hand: it has the keys, and says what no honest endpoint
/// would.
final class HandmadePeer {
  enum Target {
    case presenter
    case recipient
  }

  static let address = PathAddress(ipv4: 0xC000_0201, port: 4001)

  var connection: TransferConnection<FakeCipher>
  private var source = TestSource(count: 1 << 16, seed: 1)
  private(set) var sink = TestSink(count: 1 << 16)
  private var sending: FakeCipher?
  private var receiving: FakeCipher?
  private var nextNumber: UInt64 = 0
  private(set) var now: UInt64 = 1_000_000_000
  private(set) var events: [TransferEvent] = []
  /// Payloads of the packets that the connection sent, by number.
  private(set) var heard: [(number: UInt64, payload: [UInt8])] = []
  private var responder: NoiseResponder?
  private var initiator: NoiseInitiator?

  var time: MonotonicTime { MonotonicTime(nanoseconds: now) }
  var written: Int { sink.written }
  var counts: TransferStatistics { connection.statistics }

  init(
    _ target: Target, contentBytes: UInt64 = 1 << 16, skipSeed: UInt64 = 2,
    adjust: (inout ConnectionSetup) -> Void = { _ in }
  ) {
    let (own, other) =
      target == .presenter
      ? (TestKeys.presenter, TestKeys.recipient) : (TestKeys.recipient, TestKeys.presenter)
    let address = Self.address
    var setup = ConnectionSetup(
      role: target == .presenter ? .presenter : .recipient, staticPrivate: own,
      ephemeral: .init(),
      remoteStatic: Array(other.publicKey.rawRepresentation), prologue: [7], localIndex: 1,
      remoteIndex: 2, token: [5, 5],
      candidates: [Candidate(.host, high: address.high, low: address.low, port: address.port)],
      pathSeed: 1, skipSeed: skipSeed)
    setup.congestion = .cubic
    setup.contentBytes = contentBytes
    adjust(&setup)
    connection = TransferConnection(setup, at: MonotonicTime(nanoseconds: 1_000_000_000))
    let ownStatic = Array(own.publicKey.rawRepresentation)
    if target == .presenter {
      var noise = NoiseInitiator(
        staticPrivate: other, remoteStatic: ownStatic, prologue: [7], ephemeral: .init())
      let message = (try? noise.writeMessage1(payload: [5, 5])) ?? []
      initiator = noise
      deliver(
        Initiation(message: message, to: ownStatic, receiver: 1, sender: 2).datagram())
    } else {
      responder = NoiseResponder(
        staticPrivate: other, expectedRemoteStatic: ownStatic, prologue: [7], ephemeral: .init())
    }
    pump()
  }

  func deliver(_ bytes: [UInt8], from address: PathAddress = HandmadePeer.address) {
    var bytes = bytes
    bytes.withUnsafeMutableBytes {
      connection.receive($0, from: address, at: time, into: &sink)
    }
    connection.endReceiveBatch(at: time)
  }

  /// An authentic packet with this payload.
  func say(
    _ payload: [UInt8], number: UInt64? = nil, from address: PathAddress = HandmadePeer.address
  ) {
    let number = number ?? nextNumber
    nextNumber = max(nextNumber, number + 1)
    var bytes = [UInt8](repeating: 0, count: 8) + payload + [UInt8](repeating: 0, count: 16)
    bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      ShortHeader(
        keyPhase: false, receiver: 1, truncatedNumber: PacketNumber.truncate(number)
      ).write(to: base)
      sending?.seal(base, headerCount: 8, payloadCount: payload.count, packetNumber: number)
    }
    deliver(bytes, from: address)
    pump()
  }

  /// Time passes, and the connection does what it does alone.
  func wait(_ duration: Duration) {
    let end = now + UInt64(duration.nanoseconds)
    while let deadline = connection.nextDeadline, deadline.nanoseconds <= end {
      now = max(now, deadline.nanoseconds)
      connection.timeout(at: time)
      pump()
    }
    now = end
  }

  func pump() {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    while let train = connection.transmit(into: buffer, at: time, from: &source) {
      var start = 0
      while start < train.bytes {
        let count = min(train.segmentBytes, train.bytes - start)
        hear(UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + count]))
        start += count
      }
    }
    while let event = connection.nextEvent() { events.append(event) }
  }

  private func hear(_ datagram: UnsafeMutableRawBufferPointer) {
    let bytes = UnsafeRawBufferPointer(datagram)
    if let header = ShortHeader(bytes), let base = datagram.baseAddress {
      let number = PacketNumber.expand(
        header.truncatedNumber, expected: heard.last.map { $0.number + 1 } ?? 0)
      let count = datagram.count - 24
      if receiving?.open(base, headerCount: 8, payloadCount: count, packetNumber: number) ?? false {
        heard.append((number, Array(bytes[8..<8 + count])))
      }
      return
    }
    let other = Array(TestKeys.recipient.publicKey.rawRepresentation)
    if var noise = initiator, sending == nil,
      let (_, message) = try? Response.read(bytes, ownStatic: other),
      let (_, keys) = try? noise.readMessage2(message)
    {
      initiator = noise
      install(keys)
    } else if bytes.count == 1_200, var noise = responder, sending == nil {
      let count = Int(bytes[12]) << 8 | Int(bytes[13])
      guard (try? noise.readMessage1(Array(bytes[14..<14 + count]))) != nil,
        let (message, keys) = try? noise.writeMessage2(payload: [])
      else { return }
      install(keys)
      deliver(Response.datagram(message: message, to: other, receiver: 1, sender: 2))
    }
  }

  private func install(_ keys: TransferKeys) {
    sending = FakeCipher(key: keys.send)
    receiving = FakeCipher(key: keys.receive)
  }
}
