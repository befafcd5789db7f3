import ConfabMedia
import ConfabNetwork
import NIOCore
import Primitives
import Synchronization
import Testing

/// A program's connection and a server's, over the real port.
@Suite struct MediaPeerTests {
  private static let wall = WallTime(millisecondsSinceEpoch: 1_790_000_000_000)

  /// Media with one transport, which sends back what it gets.
  private final class OneTransport: PortMedia {
    private var transport: MediaTransport<OpenSSLDTLS, OpenSSLMediaCipher>
    private let fragment: String
    private var random = SystemRandomNumberGenerator()

    init(
      credentials: ICECredentials, remote: ICECredentials, dtls: DTLSContext,
      fingerprint: CertificateFingerprint, at now: MonotonicTime
    ) {
      fragment = credentials.fragment
      transport = MediaTransport(
        ice: .lite(ICELite(local: credentials, remoteFragment: remote.fragment, at: now)),
        dtls: OpenSSLDTLS(dtls, role: .server), role: .server, fingerprint: fingerprint, at: now)
    }

    var nextDeadline: MonotonicTime? { transport.nextDeadline }

    func receiveCheck(
      _ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime,
      into outgoing: inout OutgoingDatagrams
    ) -> Bool {
      guard ICELite.localFragment(of: Array(datagram)) == fragment else { return false }
      _ = transport.receive(datagram, from: tuple, at: now)
      pass(&outgoing)
      return true
    }

    func receive(
      _ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime,
      into outgoing: inout OutgoingDatagrams
    ) -> Bool {
      if case .rtp(let count) = transport.receive(datagram, from: tuple, at: now),
        let destination = transport.destination, let base = datagram.baseAddress
      {
        let room = outgoing.reserve(count + 20)
        let header = SRTPTests.headerBytes
        room.copyMemory(from: UnsafeRawBufferPointer(rebasing: datagram[..<header]))
        if let out = room.baseAddress,
          let sealed = transport.sealRTP(
            at: out, headerBytes: header,
            SRTPPlaintext(UnsafeRawBufferPointer(start: base + header, count: count - header)))
        {
          outgoing.commit(sealed, to: destination)
        }
      }
      pass(&outgoing)
      return true
    }

    private func pass(_ outgoing: inout OutgoingDatagrams) {
      while let datagram = transport.nextDatagram() {
        outgoing.append(datagram.bytes, to: datagram.to)
      }
    }

    func forget(_ tuple: TransportTuple) {}

    func timeout(at now: MonotonicTime, into outgoing: inout OutgoingDatagrams) {
      transport.timeout(at: now, using: &random)
      pass(&outgoing)
    }
  }

  @Test(arguments: ["127.0.0.1", "::1", "127.0.0.9"])
  func mediaGoesThereAndBack(_ host: String) async throws {
    var random = SystemRandomNumberGenerator()
    let (mine, theirs) = (
      ICECredentials(using: &random), ICECredentials(using: &random)
    )
    let (clientContext, serverContext) = (
      try DTLSContext(now: Self.wall), try DTLSContext(now: Self.wall)
    )
    let port = try UDPPort(
      address: SocketAddress(ipAddress: "::", port: 0), port: 0, relay: nil, count: { _ in })
    let fingerprint = clientContext.fingerprint
    port.post { state in
      state.media = OneTransport(
        credentials: theirs, remote: mine, dtls: serverContext, fingerprint: fingerprint,
        at: state.now)
    }
    let description = try #require(
      PeerDescription(
        sdp: """
          v=0\r\na=ice-ufrag:\(theirs.fragment)\r\na=ice-pwd:\(theirs.password)\r\n\
          a=fingerprint:sha-256 \(serverContext.fingerprint.text)\r\n\
          a=candidate:1 1 udp 2130706431 \(host) \(port.port) typ host\r\n
          """))
    let peer = try MediaPeer(
      description, local: mine, dtls: clientContext, at: MonotonicClock.now)
    var echoed: Set<UInt16> = []
    let end = ContinuousClock.now + .seconds(20)
    var sequence: UInt16 = 0
    while echoed.count < 20, ContinuousClock.now < end {
      let now = MonotonicClock.now
      if let due = peer.nextDeadline, due <= now { peer.timeout(at: now) }
      peer.receive(at: now) { kind, packet in
        guard kind == .rtp, let header = RTPHeader(packet) else { return }
        #expect(Array(packet) == SRTPTests.packet(sequence: header.sequence))
        echoed.insert(header.sequence)
      }
      if peer.isConnected {
        sequence += 1
        SRTPTests.packet(sequence: sequence).withUnsafeBytes { peer.send(rtp: $0) }
        peer.flush()
      }
      try await Task.sleep(for: .milliseconds(2))
    }
    #expect(echoed.count >= 20)
    #expect(peer.profile == .aes128GCM)
    await port.close()
  }
}
