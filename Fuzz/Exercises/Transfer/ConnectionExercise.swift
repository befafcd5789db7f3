import ConfabTransfer
import Crypto
import Primitives

/// A peer that has the keys says anything, to either side, while time passes and the owner wishes things.
/// No number is used twice, the window holds, there is an end of sending, content comes once and in its
/// bounds, and whoever is not closed waits for something.
package func exerciseConnection(_ bytes: [UInt8]) {
  var feed = ByteFeed(bytes)
  let exercise = ConnectionExercise(feed.isChosen(oneIn: 2) ? .presenter : .recipient)
  while !feed.isEmpty { exercise.step(&feed) }
}

/// Lets everything through that has the right length and number: here the fuzzer has the keys.
private struct OpenCipher: PacketCipher, ~Copyable {
  init(key: [UInt8]) {}

  private func tag(_ number: UInt64) -> UInt64 { number &* 0x9E37_79B9_7F4A_7C15 }

  mutating func seal(
    _ packet: UnsafeMutableRawPointer, headerCount: Int, payloadCount: Int, packetNumber: UInt64
  ) {
    packet.storeBytes(
      of: tag(packetNumber), toByteOffset: headerCount + payloadCount, as: UInt64.self)
  }

  mutating func open(
    _ packet: UnsafeMutableRawPointer, headerCount: Int, payloadCount: Int, packetNumber: UInt64
  ) -> Bool {
    packet.loadUnaligned(fromByteOffset: headerCount + payloadCount, as: UInt64.self)
      == tag(packetNumber)
  }
}

private struct Source: ContentSource, ~Copyable {
  var isReadable = true

  mutating func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    precondition(
      offset + UInt64(buffer.count) <= ConnectionExercise.contentBytes, "content there is not")
    return isReadable
  }
}

private struct Sink: ContentSink, ~Copyable {
  var written = ContentRanges()

  mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
    let range = offset..<offset + UInt64(bytes.count)
    precondition(!range.isEmpty && range.upperBound <= ConnectionExercise.contentBytes, "beyond")
    precondition(!written.overlaps(range), "the same content twice")
    written.insert(range)
  }
}

private final class ConnectionExercise {
  static let contentBytes: UInt64 = 1 << 17
  private static let address = PathAddress(ipv4: 0xC000_0201, port: 4_001)
  private static let trainsMax = 2_000

  private var connection: TransferConnection<OpenCipher>
  private var source = Source()
  private var sink = Sink()
  private var now = MonotonicTime(nanoseconds: 1_000_000_000)
  /// Of the fuzzer's packets, and of the connection's.
  private var nextNumber: UInt64 = 0
  private var nextSent: UInt64 = 0
  private var ends = 0
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

  init(_ role: ConnectionSetup.Role) {
    let (own, other) =
      role == .presenter ? (Keys.presenter, Keys.recipient) : (Keys.recipient, Keys.presenter)
    let address = Self.address
    var setup = ConnectionSetup(
      role: role, staticPrivate: own, ephemeral: Keys.ephemeral(of: role),
      remoteStatic: Array(other.publicKey.rawRepresentation), prologue: [9], localIndex: 1,
      remoteIndex: 2, token: [5],
      candidates: [Candidate(.host, high: address.high, low: address.low, port: address.port)],
      pathSeed: 1, skipSeed: 2)
    setup.contentBytes = Self.contentBytes
    setup.packetsPerKeyMax = 50
    setup.forgeriesMax = 100
    setup.congestion = .cubic
    connection = TransferConnection(setup, at: now)
    pump()
    deliver(role == .presenter ? Keys.message1 : Keys.message2, from: address)
    precondition(connection.isEstablished, "the genuine handshake failed")
  }

  deinit { buffer.deallocate() }

  func step(_ feed: inout ByteFeed) {
    switch feed.choice(of: 16) {
    case 0, 1, 2: wait(.microseconds(Int64(feed.number16()) * (feed.isChosen(oneIn: 8) ? 500 : 1)))
    case 3, 4, 5, 6: say(frames(&feed), &feed)
    case 7: say(feed.bytes(Int(feed.byte())), &feed)
    case 8: acknowledge(&feed)
    case 9: deliver(feed.bytes(Int(feed.byte())), from: address(&feed))
    case 10: connection.sendContent(feed.range(below: Self.contentBytes))
    case 11:
      connection.creditContent(feed.number() >> 2)
      let range = feed.range(below: Self.contentBytes)
      if !range.isEmpty {
        connection.expectAgain(range)
        sink.written.remove(range)
      }
    case 12: _ = connection.sendControl([UInt8](repeating: 7, count: Int(feed.number16()) % 9_000))
    case 13: source.isReadable = !feed.isChosen(oneIn: 4)
    default: wish(&feed)
    }
    pump()
  }

  private func wish(_ feed: inout ByteFeed) {
    switch feed.choice(of: 6) {
    case 0:
      let candidate = candidate(&feed)
      if feed.isChosen(oneIn: 2) {
        connection.addCandidate(candidate, at: now)
      } else {
        connection.addRelay(PathAddress(candidate, localSocket: 1), at: now)
      }
    case 1: connection.announce((0..<feed.choice(of: 40)).map { _ in candidate(&feed) })
    case 2: connection.datagramRefused(bytes: Int(feed.number16()), to: address(&feed))
    case 3: connection.hostDropped(total: feed.number() >> 2)
    case 4: connection.endReceiveBatch(at: now)
    default:
      guard feed.isChosen(oneIn: 16) else { return }
      connection.close(code: 0x100, reason: "so", at: now)
    }
  }

  // MARK: The peer

  private func address(_ feed: inout ByteFeed) -> PathAddress {
    guard feed.isChosen(oneIn: 4) else { return Self.address }
    return PathAddress(ipv4: 0xC000_0200 | UInt32(feed.choice(of: 4)), port: UInt16(feed.byte()))
  }

  private func candidate(_ feed: inout ByteFeed) -> Candidate {
    Candidate(
      feed.isChosen(oneIn: 4) ? .relay : .host, high: 0,
      low: 0xFFFF_C000_0200 | UInt64(feed.byte()), port: UInt16(feed.byte()))
  }

  private func say(_ payload: [UInt8], _ feed: inout ByteFeed) {
    var number = nextNumber
    if feed.isChosen(oneIn: 8) { number &+= UInt64(feed.byte()) << UInt64(feed.choice(of: 16)) }
    if feed.isChosen(oneIn: 8) { number -= min(number, UInt64(feed.byte())) }
    nextNumber = max(nextNumber, number + 1)
    let phase = feed.isChosen(oneIn: 16)
    var bytes = [UInt8](repeating: 0, count: PacketLimits.shortHeaderBytes) + payload
    bytes += [UInt8](repeating: 0, count: PacketLimits.tagBytes)
    bytes.withUnsafeMutableBytes { packet in
      guard let base = packet.baseAddress else { return }
      ShortHeader(
        keyPhase: phase, receiver: 1, truncatedNumber: PacketNumber.truncate(number)
      ).write(to: base)
      var cipher = OpenCipher(key: [])
      cipher.seal(
        base, headerCount: PacketLimits.shortHeaderBytes, payloadCount: payload.count,
        packetNumber: number)
    }
    deliver(bytes, from: address(&feed))
  }

  private func acknowledge(_ feed: inout ByteFeed) {
    guard nextSent > 0 else { return }
    let last = nextSent - 1 - min(nextSent - 1, UInt64(feed.byte() >> 4))
    let range = PacketNumberRange(first: last - min(last, UInt64(feed.byte())), last: last)
    say(
      written { writer in
        withUnsafePointer(to: range) {
          _ = writer.acknowledgement(
            ranges: UnsafeBufferPointer(start: $0, count: 1), delayMicroseconds: 0, marks: nil,
            hostDrops: 0)
        }
      }, &feed)
  }

  private func frames(_ feed: inout ByteFeed) -> [UInt8] {
    written { writer in
      for _ in 0...feed.choice(of: 3) { frame(&feed, to: &writer) }
    }
  }

  private func frame(_ feed: inout ByteFeed, to writer: inout PacketWriter) {
    let number = feed.number() & PacketLimits.integerMax
    switch feed.choice(of: 9) {
    case 0: writer.ping()
    case 1: writer.contentCredit(number)
    case 2: writer.controlCredit(number)
    case 3: writer.pathChallenge(number)
    case 4: writer.pathResponse(number)
    case 5:
      writer.controlHeader(offset: number, count: 30)
      writer.zeros(30)
    case 6, 7:
      let count = 1 + Int(feed.byte())
      writer.contentHeader(offset: number, count: count, hasLength: true)
      writer.zeros(count)
    default: writer.candidates([candidate(&feed)])
    }
  }

  private func deliver(_ bytes: [UInt8], from address: PathAddress) {
    var bytes = bytes
    bytes.withUnsafeMutableBytes {
      connection.receive($0, from: address, at: now, into: &sink)
    }
    connection.endReceiveBatch(at: now)
    pump()
  }

  // MARK: The owner

  private func wait(_ duration: Duration) {
    let end = now + duration
    var steps = 0
    while let deadline = connection.nextDeadline, deadline <= end {
      steps += 1
      precondition(steps < 100_000, "timers without end")
      now = max(now, deadline)
      connection.timeout(at: now)
      pump()
    }
    now = end
  }

  private func pump() {
    var trains = 0
    while true {
      let before = connection.statistics
      guard let train = connection.transmit(into: buffer, at: now, from: &source) else { break }
      trains += 1
      precondition(trains < Self.trainsMax, "sends without end")
      checkWindow(before)
      check(train)
    }
    while let event = connection.nextEvent() {
      if case .closed = event { ends += 1 }
    }
    precondition(ends <= 1, "two ends")
    precondition(connection.isClosed || connection.nextDeadline != nil, "waits for ever")
  }

  private func checkWindow(_ before: TransferStatistics) {
    let after = connection.statistics
    guard after.bytesInFlight > before.bytesInFlight else { return }
    let allowed = max(before.windowBytes, before.bytesInFlight) + 2 * after.datagramBytes
    precondition(after.bytesInFlight <= allowed, "more in flight than the window")
  }

  private func check(_ train: Train) {
    precondition(train.bytes > 0 && train.bytes <= buffer.count, "a train beyond its buffer")
    for start in stride(from: 0, to: train.bytes, by: train.segmentBytes) {
      let datagram = UnsafeRawBufferPointer(
        rebasing: buffer[start..<min(train.bytes, start + train.segmentBytes)])
      precondition((64...127).contains(datagram[0]), "a first byte that is another's")
      guard let header = ShortHeader(datagram) else { continue }
      let number = PacketNumber.expand(header.truncatedNumber, expected: nextSent)
      precondition(number >= nextSent, "a number is used twice")
      nextSent = number + 1
    }
  }
}

private func written(_ body: (inout PacketWriter) -> Void) -> [UInt8] {
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_200, alignment: 16)
  defer { buffer.deallocate() }
  guard let base = buffer.baseAddress else { return [] }
  var writer = PacketWriter(base, to: buffer.count)
  body(&writer)
  return Array(buffer[..<writer.position])
}

/// Made once: keys cost more than the rest of a short run.
private enum Keys {
  static let presenter = key(3)
  static let recipient = key(1)

  static func ephemeral(of role: ConnectionSetup.Role) -> Curve25519.KeyAgreement.PrivateKey {
    key(role == .presenter ? 4 : 2)
  }

  static let message1 = Initiation(
    message: noiseMessages.first, to: Array(presenter.publicKey.rawRepresentation), receiver: 1,
    sender: 2
  ).datagram()

  static let message2 = Response.datagram(
    message: noiseMessages.second, to: Array(recipient.publicKey.rawRepresentation), receiver: 1,
    sender: 2)

  private static let noiseMessages: (first: [UInt8], second: [UInt8]) = {
    var initiator = NoiseInitiator(
      staticPrivate: recipient, remoteStatic: Array(presenter.publicKey.rawRepresentation),
      prologue: [9], ephemeral: ephemeral(of: .recipient))
    var responder = NoiseResponder(
      staticPrivate: presenter,
      expectedRemoteStatic: Array(recipient.publicKey.rawRepresentation), prologue: [9],
      ephemeral: ephemeral(of: .presenter))
    guard let first = try? initiator.writeMessage1(payload: [5]),
      (try? responder.readMessage1(first)) != nil,
      let (second, _) = try? responder.writeMessage2(payload: [])
    else { preconditionFailure("the genuine handshake failed") }
    return (first, second)
  }()

  private static func key(_ byte: UInt8) -> Curve25519.KeyAgreement.PrivateKey {
    let bytes = [UInt8](repeating: byte, count: 32)
    guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes) else {
      preconditionFailure("32 bytes are a key")
    }
    return key
  }
}
