package import Primitives

/// Everything between one participant's datagrams and plain RTP: ICE says where he is, DTLS agrees on
/// keys, SRTP opens and seals.
///
/// A value without sockets, clocks or threads. A datagram, where it came from, and the time go in; what
/// was in it comes out. Then `nextDatagram` and `nextEvent` are to be asked until they have nothing.
/// What the shell routes here by address must come from an address that ICE has proved.
package struct MediaTransport<
  DTLS: DTLSEngine & ~Copyable, Cipher: SRTPCipher & ~Copyable
>: ~Copyable {
  /// What a datagram was. RTCP stands opened where the datagram stood, RTP where it was asked for.
  package enum Arrival: Hashable, Sendable {
    /// For the transport itself, or dropped.
    case none
    case rtp(byteCount: Int)
    case rtcp(byteCount: Int)
  }

  private enum Phase {
    case connecting
    case connected
    case ended
  }

  package private(set) var ice: ICEAgent
  private var dtls: DTLS
  private let role: DTLSRole
  private var sender: SRTPSender<Cipher>?
  private var receiver: SRTPReceiver<Cipher>?
  /// What signalling said the other side's certificate is.
  private var expected: CertificateFingerprint?
  private var phase = Phase.connecting
  private var hasStartedDTLS = false
  /// Where everything goes that is no answer; nil while no way is proved.
  package private(set) var destination: TransportTuple?
  private let startedAt: MonotonicTime
  private var answers: [TransportDatagram] = []
  private var events: [TransportEvent] = []
  private var counts = TransportCounts()

  /// - Parameter fingerprint: nil while signalling has not told it; until then nothing is opened.
  package init(
    ice: ICEAgent, dtls: consuming DTLS, role: DTLSRole, fingerprint: CertificateFingerprint?,
    at now: MonotonicTime
  ) {
    self.ice = ice
    self.dtls = dtls
    self.role = role
    expected = fingerprint
    startedAt = now
  }

  package var isConnected: Bool { phase == .connected }
  package var hasEnded: Bool { phase == .ended }
  /// How packets are protected; nil until there are keys.
  package private(set) var profile: SRTPProfile?
  /// What SRTP adds to a packet of RTP or RTCP at most.
  package static var overheadMax: Int { 20 }

  // MARK: - What signalling says

  package mutating func setRemote(fragment: String, fingerprint: CertificateFingerprint) {
    expected = expected ?? fingerprint
    if case .lite(var lite) = ice {
      lite.setRemote(fragment: fragment)
      ice = .lite(lite)
    }
    installKeys()
  }

  /// New credentials; media goes on meanwhile, and DTLS stays (RFC 8842 §5.5).
  package mutating func restartICE(local: ICECredentials, remoteFragment: String?) {
    guard case .lite(var lite) = ice else { return }
    lite.restart(local: local, remoteFragment: remoteFragment)
    ice = .lite(lite)
  }

  /// A connection has ended that may have been the way.
  package mutating func forget(_ tuple: TransportTuple) {
    guard case .lite(var lite) = ice else { return }
    lite.forget(tuple)
    ice = .lite(lite)
    updateDestination()
  }

  /// Forgets addresses that were proved once and are not heard of any more.
  ///
  /// - Returns: whether there were any.
  package mutating func forgetSilentTuples(at now: MonotonicTime) -> Bool {
    guard case .lite(var lite) = ice else { return false }
    let hasForgotten = lite.forgetSilent(at: now)
    ice = .lite(lite)
    return hasForgotten
  }

  /// Says goodbye. Nothing is opened or sealed any more.
  package mutating func close() {
    guard phase != .ended else { return }
    dtls.close()
    end(.left)
  }

  // MARK: - Datagrams in

  /// - Parameter rtp: where an RTP packet is to be opened to, with as much room as the datagram has;
  ///   nil for its own place.
  package mutating func receive(
    _ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime,
    openingRTPInto rtp: UnsafeMutableRawPointer? = nil
  ) -> Arrival {
    guard phase != .ended, datagram.count >= 2 else { return .none }
    // RFC 7983 §7.
    switch datagram[0] {
    case DatagramKind.rtp: return receiveSRTP(datagram, from: tuple, into: rtp)
    case DatagramKind.stun: receiveSTUN(Array(datagram), from: tuple, at: now)
    case DatagramKind.dtls: receiveDTLS(UnsafeRawBufferPointer(datagram), from: tuple, at: now)
    default: counts.dropped += 1
    }
    return .none
  }

  private mutating func receiveSTUN(
    _ bytes: [UInt8], from tuple: TransportTuple, at now: MonotonicTime
  ) {
    if let answer = ice.receive(bytes, from: tuple, at: now) {
      answers.append(TransportDatagram(bytes: answer, to: tuple))
    }
    updateDestination()
    if role == .client, !hasStartedDTLS, destination != nil {
      hasStartedDTLS = true
      dtls.start(at: now)
      installKeys()
    }
  }

  private mutating func updateDestination() {
    guard ice.selected != destination else { return }
    destination = ice.selected
    if let destination { events.append(.moved(destination)) }
  }

  private mutating func receiveDTLS(
    _ bytes: UnsafeRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime
  ) {
    guard ice.isProved(tuple) else {
      counts.unproved += 1
      return
    }
    dtls.receive(bytes, at: now)
    installKeys()
  }

  private mutating func receiveSRTP(
    _ packet: UnsafeMutableRawBufferPointer, from tuple: TransportTuple,
    into rtp: UnsafeMutableRawPointer?
  ) -> Arrival {
    guard let base = packet.baseAddress, receiver != nil else {
      counts.early += 1
      return .none
    }
    let isControl = MediaPacketKind(UnsafeRawBufferPointer(packet)) == .rtcp
    let opened =
      isControl
      ? receiver?.openRTCP(packet)
      : receiver?.openRTP(UnsafeRawBufferPointer(packet), into: rtp ?? base)
    guard let byteCount = opened else { return .none }
    if tuple != destination {
      ice.authenticated(from: tuple)
      updateDestination()
    }
    return isControl ? .rtcp(byteCount: byteCount) : .rtp(byteCount: byteCount)
  }

  /// What was dropped since this was asked last, and why.
  package mutating func takeCounts() -> TransportCounts {
    defer { counts = TransportCounts() }
    counts.refused = receiver?.takeCounts() ?? SRTPReceiverCounts()
    return counts
  }

  // MARK: - Keys

  /// Once DTLS has agreed and the certificate is the one that signalling named.
  private mutating func installKeys() {
    switch dtls.state {
    case .handshaking: break
    case .closed: end(.left)
    case .failed(let reason): end(.failed(reason))
    case .connected(let keys, let peer):
      guard phase == .connecting, let expected else { return }
      guard peer == expected else { return end(.impostor) }
      let (mine, theirs) =
        role == .client ? (keys.client, keys.server) : (keys.server, keys.client)
      sender = SRTPSender(profile: keys.profile, master: mine)
      receiver = SRTPReceiver(profile: keys.profile, master: theirs)
      profile = keys.profile
      phase = .connected
      events.append(.connected(keys.profile))
    }
  }

  private mutating func end(_ reason: TransportEnd) {
    guard phase != .ended else { return }
    phase = .ended
    sender = nil
    receiver = nil
    events.append(.ended(reason))
  }

  // MARK: - Packets out

  /// See `SRTPSender.sealRTP`. Nil also while there are no keys.
  package mutating func sealRTP(
    at output: UnsafeMutableRawPointer, headerBytes: Int, _ plaintext: SRTPPlaintext
  ) -> Int? {
    sender?.sealRTP(at: output, headerBytes: headerBytes, plaintext)
  }

  /// See `SRTPSender.sealRTCP`. Nil also while there are no keys.
  package mutating func sealRTCP(_ buffer: UnsafeMutableRawBufferPointer, count: Int) -> Int? {
    sender?.sealRTCP(buffer, count: count)
  }

  /// What the transport itself has to say to the other side.
  package mutating func nextDatagram() -> TransportDatagram? {
    if !answers.isEmpty { return answers.removeFirst() }
    guard let destination, let bytes = dtls.nextDatagram() else { return nil }
    return TransportDatagram(bytes: bytes, to: destination)
  }

  package mutating func nextEvent() -> TransportEvent? {
    events.isEmpty ? nil : events.removeFirst()
  }

  // MARK: - Time

  /// When `timeout` has to be called at the latest.
  package var nextDeadline: MonotonicTime? {
    guard phase != .ended else { return nil }
    var earliest = ice.nextDeadline
    if let due = dtls.nextDeadline { earliest = min(earliest, due) }
    if phase == .connecting { earliest = min(earliest, startedAt + TransportLimits.connectingMax) }
    return earliest
  }

  package mutating func timeout(
    at now: MonotonicTime, using generator: inout some RandomNumberGenerator
  ) {
    guard phase != .ended else { return }
    if now >= ice.consentDeadline { return end(.silent) }
    if phase == .connecting, now >= startedAt + TransportLimits.connectingMax {
      return end(.silent)
    }
    if case .controlling(var controller) = ice {
      if let check = controller.poll(at: now, using: &generator) {
        answers.append(TransportDatagram(bytes: check, to: controller.tuple))
      }
      ice = .controlling(controller)
    }
    if let deadline = dtls.nextDeadline, now >= deadline {
      dtls.timeout(at: now)
      installKeys()
    }
  }
}

/// What one datagram of a shared port is, by its first byte (RFC 7983 §7).
package enum DatagramKind {
  package static let stun: ClosedRange<UInt8> = 0...3
  package static let dtls: ClosedRange<UInt8> = 20...63
  package static let rtp: ClosedRange<UInt8> = 128...191
}

package enum TransportLimits {
  /// From signalling to keys. Who has not come by then tries again.
  package static let connectingMax = Duration.seconds(30)
}

/// Bytes for the other side that are not media.
package struct TransportDatagram: Hashable, Sendable {
  package let bytes: [UInt8]
  package let to: TransportTuple
}

package enum TransportEvent: Hashable, Sendable {
  /// Where everything goes from now on.
  case moved(TransportTuple)
  case connected(SRTPProfile)
  /// The last event.
  case ended(TransportEnd)
}

package enum TransportEnd: Hashable, Sendable {
  /// Either side said goodbye.
  case left
  /// Nothing came that proved that anybody listens.
  case silent
  /// The certificate was not the one that signalling named.
  case impostor
  /// DTLS did not agree; the reason is for the log.
  case failed(String)
}

/// Datagrams that came to nothing.
package struct TransportCounts: Hashable, Sendable {
  package var dropped = 0
  /// DTLS from an address that ICE had not proved.
  package var unproved = 0
  /// Media before there were keys.
  package var early = 0
  /// What SRTP refused.
  package var refused = SRTPReceiverCounts()

  package init() {}
}
