import ConfabMedia
import ConfabNetwork
import ConfabTransfer
import NIOCore
import Primitives
import STUN
import Synchronization
import Testing

@Suite struct UDPPortTests {
  private static let loopback: UInt32 = 0x7F00_0001

  /// What the port counted, added up.
  private final class Tallies: Sendable {
    let sum = Mutex(UDPPort.Tally())

    func add(_ tally: UDPPort.Tally) {
      sum.withLock {
        $0.answered += tally.answered
        $0.limited += tally.limited
        $0.dropped += tally.dropped
        $0.relay.forwarded += tally.relay.forwarded
        $0.relay.refused += tally.relay.refused
        $0.pairingsChange += tally.pairingsChange
      }
    }
  }

  private let tallies = Tallies()

  private func open(
    on host: String = "::", relay: RelayLimits? = RelayLimits()
  ) throws -> UDPPort {
    try UDPPort(
      address: SocketAddress(ipAddress: host, port: 0), port: 0, relay: relay,
      count: { [tallies] in tallies.add($0) })
  }

  private func relayDatagram(_ bytes: [UInt8]) -> RelayDatagram? {
    bytes.withUnsafeBytes { RelayDatagram($0) }
  }

  private func ask(_ socket: PlainSocket) throws -> STUNMessage {
    socket.send(STUNMessage(.request, transaction: Array("twelve bytes".utf8)).encoded())
    let answer = try #require(socket.receive())
    return try #require(STUNMessage(answer))
  }

  /// A socket for several addresses must not answer from another than was asked: whoever asked would
  /// not take it.
  @Test(arguments: [loopback, 0x7F00_0002, 0x7F01_0203])
  func isAnsweredFromTheAddressThatWasAsked(_ host: UInt32) async throws {
    let port = try open()
    let socket = PlainSocket()
    socket.connect(ipv4: host, port: port.port)
    #expect(try ask(socket).messageClass == .success)
    await port.close()
  }

  @Test func servesBothFamiliesAndOneAddressAlone() async throws {
    let both = try open()
    let six = PlainSocket(isIPv6: true)
    six.connectIPv6(port: both.port)
    let answer = try ask(six)
    let value = try #require(answer.value(of: AttributeType.xorMappedAddress))
    let mapped = try #require(MappedAddress(xored: value, transaction: answer.transaction))
    #expect(mapped.address == [UInt8](repeating: 0, count: 15) + [1])
    await both.close()

    let one = try open(on: "127.0.0.2")
    let socket = PlainSocket(waitMilliseconds: 200)
    socket.connect(ipv4: Self.loopback, port: one.port)
    socket.send(STUNMessage(.request, transaction: Array("twelve bytes".utf8)).encoded())
    #expect(socket.receive() == nil)
    let there = PlainSocket()
    there.connect(ipv4: 0x7F00_0002, port: one.port)
    #expect(try ask(there).messageClass == .success)
    await one.close()
  }

  @Test func closedMeansThatThePortIsFree() async throws {
    let port = try open(on: "127.0.0.1")
    let again = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
    #expect(throws: SystemError.self) {
      try UDPPort(address: again, port: port.port, relay: nil, count: { _ in })
    }
    await port.close()
    await port.close()
    #expect(!port.post { _ in })
    let next = try UDPPort(address: again, port: port.port, relay: nil, count: { _ in })
    #expect(next.port == port.port)
    await next.close()
  }

  @Test func relayForwardsTrainsBothWaysInOrder() async throws {
    let port = try open()
    let tokens = [UInt8(1), 2].map { [UInt8](repeating: $0, count: TransferToken.byteCount) }
    port.openRelay(7, for: 1, and: 2, tokens: tokens[0], tokens[1])
    let ends = tokens.map { _ in PlainSocket() }
    for (end, bytes) in zip(ends, tokens) {
      end.connect(ipv4: Self.loopback, port: port.port)
      let token = try #require(TransferToken(bytes))
      end.send(RelayDatagram.bind(token, nil).encoded)
      let question = try #require(end.receive().flatMap(relayDatagram))
      guard case .challenge(token, let nonce) = question else {
        Issue.record("bound without proof: \(question)")
        return
      }
      end.send(RelayDatagram.bind(token, nonce).encoded)
      guard case .bound(token, _)? = end.receive().flatMap(relayDatagram) else {
        Issue.record("not bound")
        return
      }
    }
    for (from, to) in [(ends[0], ends[1]), (ends[1], ends[0])] {
      // Some of one size, so that they may leave together, and one that ends the train.
      let datagrams = (0..<40 as Range<UInt8>).map { number in
        [0x60, number] + [UInt8](repeating: number, count: number % 8 == 7 ? 300 : 1_200)
      }
      for datagram in datagrams { from.send(datagram) }
      for datagram in datagrams { #expect(to.receive() == datagram) }
    }
    port.closeRelay(7)
    await port.close()
    let sum = tallies.sum.withLock { $0 }
    #expect(sum.relay.forwarded == 80)
    #expect(sum.pairingsChange == 0)
  }

  @Test func floodOfQuestionsIsLimitedAndNoiseIsDropped() async throws {
    let port = try open(relay: nil)
    let socket = PlainSocket(waitMilliseconds: 100)
    socket.connect(ipv4: Self.loopback, port: port.port)
    let question = STUNMessage(.request, transaction: Array("twelve bytes".utf8)).encoded()
    for _ in 0..<200 { socket.send(question) }
    var answers = 0
    while socket.receive() != nil { answers += 1 }
    // The window may turn over once meanwhile.
    #expect((50...100).contains(answers))
    let noise: [[UInt8]] = [
      [], [4], [16, 1, 2], [22, 254, 253, 0, 0], [128, 96, 0, 1], [0x40, 1],
    ]
    for datagram in noise { socket.send(datagram) }
    #expect(socket.receive() == nil)
    await port.close()
    let sum = tallies.sum.withLock { $0 }
    #expect(sum.answered == answers)
    #expect(sum.limited == 200 - answers)
    #expect(sum.dropped == noise.count)
  }

  /// Media that repeats what it gets, to where it came from.
  private final class Echo: PortMedia {
    var nextDeadline: MonotonicTime?
    func receiveCheck(
      _ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime,
      into outgoing: inout OutgoingDatagrams
    ) -> Bool { false }

    func receive(
      _ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime,
      into outgoing: inout OutgoingDatagrams
    ) -> Bool {
      outgoing.append(UnsafeRawBufferPointer(datagram), to: tuple)
      return true
    }

    func forget(_ tuple: TransportTuple) {}

    func timeout(at now: MonotonicTime, into outgoing: inout OutgoingDatagrams) {
      nextDeadline = now + .seconds(1_000)
    }
  }

  @Test func mediaGetsItsOwnAndStrangersChecksAreRefused() async throws {
    let port = try open()
    port.post { $0.media = Echo() }
    let socket = PlainSocket()
    socket.connect(ipv4: 0x7F00_0003, port: port.port)
    for first in [20, 63, 128, 191] as [UInt8] {
      let datagram = [first] + [UInt8](repeating: 7, count: 30)
      socket.send(datagram)
      #expect(socket.receive() == datagram)
    }
    #expect(try ask(socket).messageClass == .success)
    let check = STUNMessage(
      .request, transaction: Array("twelve bytes".utf8),
      attributes: [.init(type: AttributeType.username, value: Array("gone:browser".utf8))])
    socket.send(check.encoded(fingerprint: true))
    let answer = try #require(socket.receive())
    let refusal = try #require(STUNMessage(answer))
    #expect(refusal.value(of: AttributeType.errorCode) == [0, 0, 4, 1])
    await port.close()
  }
}
