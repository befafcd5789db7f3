import ConfabMedia
import ConfabNetwork
import Primitives
import STUN
import Testing

@Suite struct MediaTransportTests {
  typealias Transport = MediaTransport<OpenSSLDTLS, OpenSSLMediaCipher>

  /// A server's transport and a participant's, with a wire between them.
  final class Pair {
    let tuple = TransportTuple(remoteHigh: 0, remoteLow: 0xFFFF_7F00_0001, remotePort: 4_000)
    var random = SeededRandom(seed: 11)
    var now = MonotonicClock.now
    var client: Transport
    var server: Transport
    let serverCredentials: ICECredentials
    var clientEvents: [TransportEvent] = []
    var serverEvents: [TransportEvent] = []

    init(
      expecting fingerprint: (CertificateFingerprint) -> CertificateFingerprint? = { $0 }
    ) throws {
      let wall = WallTime(millisecondsSinceEpoch: 1_790_000_000_000)
      let (mine, theirs) = (try DTLSContext(now: wall), try DTLSContext(now: wall))
      let local = ICECredentials(using: &random)
      let remote = ICECredentials(using: &random)
      serverCredentials = remote
      client = Transport(
        ice: .controlling(
          ICEController(
            local: local, remote: remote, tuple: tuple, tieBreaker: 1, at: now)),
        dtls: OpenSSLDTLS(mine, role: .client), role: .client, fingerprint: theirs.fingerprint,
        at: now)
      server = Transport(
        ice: .lite(
          ICELite(local: remote, remoteFragment: local.fragment, at: now)),
        dtls: OpenSSLDTLS(theirs, role: .server), role: .server,
        fingerprint: fingerprint(mine.fingerprint), at: now)
    }

    func pump(rounds: Int = 12) {
      for _ in 0..<rounds {
        if let due = client.nextDeadline, due <= now { client.timeout(at: now, using: &random) }
        while let datagram = client.nextDatagram() {
          _ = Self.receive(datagram.bytes, &server, from: tuple, at: now)
        }
        while let datagram = server.nextDatagram() {
          #expect(datagram.to == tuple)
          _ = Self.receive(datagram.bytes, &client, from: tuple, at: now)
        }
      }
      while let event = client.nextEvent() { clientEvents.append(event) }
      while let event = server.nextEvent() { serverEvents.append(event) }
    }

    private static func receive(
      _ bytes: [UInt8], _ transport: inout Transport, from tuple: TransportTuple,
      at now: MonotonicTime
    ) -> [UInt8]? {
      var bytes = bytes
      let arrival = bytes.withUnsafeMutableBytes { transport.receive($0, from: tuple, at: now) }
      switch arrival {
      case .none: return nil
      case .rtp(let count), .rtcp(let count): return Array(bytes[..<count])
      }
    }

    var areConnected: Bool { client.isConnected && server.isConnected }
    var serverHasEnded: Bool { server.hasEnded }
    var serverProfile: SRTPProfile? { server.profile }
    var serverDestination: TransportTuple? { server.destination }
    var serverDeadline: MonotonicTime? { server.nextDeadline }
    func serverCounts() -> TransportCounts { server.takeCounts() }
    func serverEvent() -> TransportEvent? { server.nextEvent() }
    func serverDatagram() -> TransportDatagram? { server.nextDatagram() }
    func serverTimeout(at now: MonotonicTime) { server.timeout(at: now, using: &random) }

    /// What the server makes of it, from the client's address or another's.
    func atServer(_ bytes: [UInt8], from tuple: TransportTuple? = nil) -> [UInt8]? {
      Self.receive(bytes, &server, from: tuple ?? self.tuple, at: now)
    }

    func atClient(_ bytes: [UInt8]) -> [UInt8]? {
      Self.receive(bytes, &client, from: tuple, at: now)
    }

    func sealedByClient(_ packet: [UInt8]) -> [UInt8]? { sealed(packet, &client) }
    func sealedByServer(_ packet: [UInt8]) -> [UInt8]? { sealed(packet, &server) }
  }

  private static func sealed(_ packet: [UInt8], _ transport: inout Transport) -> [UInt8]? {
    let headerBytes = SRTPTests.headerBytes
    var output = packet[..<headerBytes] + [UInt8](repeating: 0, count: packet.count)
    let count = packet.withUnsafeBytes { plain in
      output.withUnsafeMutableBytes { out -> Int? in
        guard let base = out.baseAddress else { return nil }
        return transport.sealRTP(
          at: base, headerBytes: headerBytes,
          SRTPPlaintext(UnsafeRawBufferPointer(rebasing: plain[headerBytes...])))
      }
    }
    return count.map { Array(output[..<$0]) }
  }

  @Test func mediaFlowsBothWaysOnceBothHaveAgreed() throws {
    let pair = try Pair()
    let packet = SRTPTests.packet(sequence: 1)
    #expect(pair.sealedByClient(packet) == nil)
    pair.pump()
    #expect(pair.areConnected)
    #expect(pair.serverEvents == [.moved(pair.tuple), .connected(.aes128GCM)])
    #expect(pair.serverProfile == .aes128GCM)
    let there = try #require(pair.sealedByClient(packet))
    #expect(pair.atServer(there) == packet)
    #expect(pair.atServer(there) == nil)
    let back = try #require(pair.sealedByServer(packet))
    #expect(back != there)
    #expect(pair.atClient(back) == packet)
    // What one side sealed is not the other's.
    #expect(pair.atServer(back) == nil)
    let counts = pair.serverCounts()
    #expect(counts.refused.replayed + counts.refused.forged == 2)
    #expect(pair.serverCounts() == TransportCounts())
  }

  @Test func anImpostorsCertificateGetsNoKeys() throws {
    let pair = try Pair(expecting: { _ in
      CertificateFingerprint(bytes: [UInt8](repeating: 1, count: 32))
    })
    pair.pump()
    #expect(pair.serverEvents.last == .ended(.impostor))
    #expect(pair.serverHasEnded)
    #expect(pair.sealedByServer(SRTPTests.packet(sequence: 1)) == nil)
  }

  @Test func keysWaitForTheFingerprint() throws {
    let pair = try Pair(expecting: { _ in nil })
    pair.pump()
    #expect(!pair.areConnected)
    let there = try #require(pair.sealedByClient(SRTPTests.packet(sequence: 1)))
    #expect(pair.atServer(there) == nil)
    #expect(pair.serverCounts().early == 1)
  }

  @Test func handshakeFromAnAddressThatICEDidNotProveIsIgnored() throws {
    let pair = try Pair()
    var stranger = OpenSSLDTLS(
      try DTLSContext(now: WallTime(millisecondsSinceEpoch: 1_790_000_000_000)), role: .client)
    stranger.start(at: pair.now)
    let first = stranger.nextDatagram()
    let hello = try #require(first)
    _ = pair.atServer(hello)
    #expect(pair.serverDatagram() == nil)
    #expect(pair.serverCounts().unproved == 1)
    pair.pump()
    var elsewhere = pair.tuple
    elsewhere.remotePort += 1
    _ = pair.atServer(hello, from: elsewhere)
    #expect(pair.serverDatagram() == nil)
    #expect(pair.areConnected)
  }

  @Test func silenceEndsItAndSoDoesGoodbye() throws {
    let pair = try Pair()
    pair.pump()
    let end = pair.now + .seconds(31)
    pair.serverTimeout(at: end)
    #expect(pair.serverEvent() == .ended(.silent))
    #expect(pair.serverDeadline == nil)

    let other = try Pair()
    other.pump()
    other.client.close()
    other.pump()
    #expect(other.serverEvents.last == .ended(.left))
  }

  @Test func whoNeverComesIsGivenUp() throws {
    let pair = try Pair()
    let deadline = try #require(pair.serverDeadline)
    #expect(deadline == pair.now + TransportLimits.connectingMax)
    pair.serverTimeout(at: deadline)
    #expect(pair.serverEvent() == .ended(.silent))
  }

  @Test func restartMovesItWithoutANewHandshake() throws {
    let pair = try Pair()
    pair.pump()
    let next = ICECredentials(using: &pair.random)
    let theirs = ICECredentials(using: &pair.random)
    pair.server.restartICE(local: next, remoteFragment: theirs.fragment)
    var elsewhere = pair.tuple
    elsewhere.remotePort += 1
    var controller = ICEController(
      local: theirs, remote: next, tuple: elsewhere, tieBreaker: 1, at: pair.now)
    let first = controller.poll(at: pair.now, using: &pair.random)
    let check = try #require(first)
    _ = pair.atServer(check, from: elsewhere)
    #expect(pair.serverDestination == elsewhere)
    let packet = SRTPTests.packet(sequence: 4)
    let there = try #require(pair.sealedByClient(packet))
    #expect(pair.atServer(there, from: elsewhere) == packet)
  }

  @Test func noiseNeverTraps() throws {
    let pair = try Pair()
    pair.pump()
    var random = SeededRandom(seed: 21)
    let sealed = try #require(pair.sealedByClient(SRTPTests.packet(sequence: 9)))
    let samples: [[UInt8]] = [
      sealed,
      [0x80, 201, 0, 1] + [UInt8](repeating: 3, count: 40), [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1],
      [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 3, count: 12),
    ]
    for _ in 0..<20_000 {
      var bytes = samples.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
      }
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
      #expect(pair.atServer(bytes) == nil || bytes == sealed)
    }
    #expect(pair.areConnected)
  }
}
