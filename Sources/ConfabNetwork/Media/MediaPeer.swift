package import ConfabMedia
package import Primitives

/// A program's side of one media connection: it checks the server's address, is the client of DTLS, and
/// sends and receives from a socket of its own. For whoever joins a meeting without a browser.
///
/// One thread's at a time. Whoever owns it watches `descriptor` and `nextDeadline`.
package final class MediaPeer {
  package typealias Transport = MediaTransport<OpenSSLDTLS, OpenSSLMediaCipher>

  private var transport: Transport
  private let socket: PortSocket
  private var batch = PortBatch(slotBytes: 2_048)
  private var outgoing: OutgoingDatagrams
  private var random = SystemRandomNumberGenerator()
  /// What may be asked for again, sealed, by the number of the packet.
  private var kept: [KeptDatagram?] = []

  private static let keptMax = 1_024

  private struct KeptDatagram {
    var ssrc: UInt32
    var sequence: UInt16
    var bytes: [UInt8]
  }

  /// - Parameters:
  ///   - address: which of the server's addresses is used, counted round.
  ///   - local: what the server was told our side is called.
  package init(
    _ server: PeerDescription, address: Int = 0, local: ICECredentials, dtls: DTLSContext,
    at now: MonotonicTime
  ) throws(SystemError) {
    socket = try PortSocket(address: [UInt8](repeating: 0, count: 16), port: 0, scope: 0)
    outgoing = OutgoingDatagrams(descriptor: socket.descriptor)
    let controller = ICEController(
      local: local, remote: server.credentials,
      tuple: server.tuples[address % server.tuples.count],
      tieBreaker: UInt64.random(in: 0...(.max)), at: now)
    transport = Transport(
      ice: .controlling(controller), dtls: OpenSSLDTLS(dtls, role: .client), role: .client,
      fingerprint: server.fingerprint, at: now)
  }

  package var descriptor: Int32 { socket.descriptor }
  package var port: Int { socket.port }
  package var isConnected: Bool { transport.isConnected }
  package var hasEnded: Bool { transport.hasEnded }
  package var profile: SRTPProfile? { transport.profile }
  package var nextDeadline: MonotonicTime? { transport.nextDeadline }

  package func nextEvent() -> TransportEvent? { transport.nextEvent() }

  /// Which packets of RTP are opened, to spare the time: those whose number is a multiple. The others come
  /// as they are, sealed behind their header.
  package var opensMultiplesOf: UInt16 = 1

  /// Takes what has come.
  ///
  /// - Parameter body: gets each RTP or RTCP packet, opened and valid during the call.
  package func receive(
    at now: MonotonicTime, _ body: (MediaPacketKind, UnsafeRawBufferPointer) -> Void
  ) {
    while batch.fill(from: socket.descriptor) {
      for index in 0..<batch.count {
        let (bytes, source) = batch.datagram(index)
        // Which of our addresses it came to is no part of the way to the server.
        let tuple = TransportTuple(
          remoteHigh: source.remoteHigh, remoteLow: source.remoteLow,
          remotePort: source.remotePort)
        if opensMultiplesOf > 1, isLeftSealed(UnsafeRawBufferPointer(bytes)) {
          body(.rtp, UnsafeRawBufferPointer(bytes))
          continue
        }
        switch transport.receive(bytes, from: tuple, at: now) {
        case .rtp(let count): body(.rtp, UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        case .rtcp(let count): body(.rtcp, UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        case .none: break
        }
      }
      if batch.count < PortBatch.slots { break }
    }
    pass()
  }

  private func isLeftSealed(_ datagram: UnsafeRawBufferPointer) -> Bool {
    datagram.count >= RTPHeader.fixedBytes && MediaPacketKind(datagram) == .rtp
      && datagram.word(at: 2) % opensMultiplesOf != 0
  }

  package func timeout(at now: MonotonicTime) {
    transport.timeout(at: now, using: &random)
    pass()
  }

  /// - Parameters:
  ///   - packet: a whole RTP packet. Lost while there are no keys.
  ///   - isKept: for `resend`.
  package func send(rtp packet: UnsafeRawBufferPointer, isKept: Bool = false) {
    guard let header = RTPHeader(packet), let destination = transport.destination else { return }
    let room = outgoing.reserve(packet.count + Transport.overheadMax)
    guard let base = room.baseAddress else { return }
    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: packet[..<header.payloadStart]))
    let plaintext = SRTPPlaintext(UnsafeRawBufferPointer(rebasing: packet[header.payloadStart...]))
    if let count = transport.sealRTP(at: base, headerBytes: header.payloadStart, plaintext) {
      if isKept { keep(header, UnsafeRawBufferPointer(rebasing: room[..<count])) }
      outgoing.commit(count, to: destination)
    }
  }

  private func keep(_ header: RTPHeader, _ sealed: UnsafeRawBufferPointer) {
    if kept.isEmpty { kept = Array(repeating: nil, count: Self.keptMax) }
    kept[Int(header.sequence) % Self.keptMax] = KeptDatagram(
      ssrc: header.ssrc, sequence: header.sequence, bytes: Array(sealed))
  }

  /// The very datagram once more: nothing is sealed twice under one number.
  package func resend(_ sequence: UInt16, of ssrc: UInt32) {
    guard let destination = transport.destination, !kept.isEmpty,
      let datagram = kept[Int(sequence) % Self.keptMax], datagram.sequence == sequence,
      datagram.ssrc == ssrc
    else { return }
    outgoing.append(datagram.bytes, to: destination)
  }

  /// - Parameter packet: one RTCP datagram. Lost while there are no keys.
  package func send(rtcp packet: UnsafeRawBufferPointer) {
    guard let destination = transport.destination else { return }
    let room = outgoing.reserve(packet.count + Transport.overheadMax)
    room.copyMemory(from: packet)
    if let count = transport.sealRTCP(room, count: packet.count) {
      outgoing.commit(count, to: destination)
    }
  }

  /// What was written leaves.
  package func flush() { outgoing.flush() }

  package func close() {
    transport.close()
    pass()
  }

  private func pass() {
    while let datagram = transport.nextDatagram() {
      outgoing.append(datagram.bytes, to: datagram.to)
    }
    outgoing.flush()
  }
}
