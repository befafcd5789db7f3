import ConfabDomain
import ConfabHub
import ConfabMedia
import ConfabNetwork
import ConfabServer
import Dispatch
import NIOCore
import Primitives
import Synchronization
import Testing

/// The media endpoint on a real port, with programs in the place of browsers.
@Suite struct MediaTests {
  private static let wall = WallTime(millisecondsSinceEpoch: 1_790_000_000_000)
  private static let meeting = MeetingID(rawValue: 1)
  /// How often is looked for something before it counts as missing.
  private static let looksMax = 5_000

  /// A meeting on a port, and what the endpoint tells of it.
  private final class Stage {
    let port: UDPPort
    let gateway: MediaGateway
    private let reports = Reports()
    let context: DTLSContext

    final class Reports: Sendable {
      let list = Mutex<[MediaReport]>([])
    }

    init() throws {
      port = try UDPPort(
        address: SocketAddress(ipAddress: "127.0.0.1", port: 0), port: 0, relay: nil,
        count: { _ in })
      context = try DTLSContext(now: MediaTests.wall)
      let reports = self.reports
      gateway = MediaGateway(
        port: port,
        setup: MediaSetup(
          dtls: try DTLSContext(now: MediaTests.wall),
          candidates: ["candidate:1 1 udp 2130706431 127.0.0.1 \(port.port) typ host"],
          report: { report in reports.list.withLock { $0.append(report) } }, count: { _ in },
          log: { _, _, _ in }))
      gateway.perform(.openMeeting(MediaTests.meeting))
    }

    /// The first report that is what is looked for; the ones before it stay.
    func report<Found>(_ body: (MediaReport) -> Found?) async throws -> Found {
      // Counted, not timed: between two looks a busy machine may take its time.
      for _ in 0..<MediaTests.looksMax {
        let found = reports.list.withLock { list -> Found? in
          for (index, report) in list.enumerated() {
            guard let found = body(report) else { continue }
            list.remove(at: index)
            return found
          }
          return nil
        }
        if let found { return found }
        try await Task.sleep(for: .milliseconds(2))
      }
      throw Missing()
    }

    struct Missing: Error {}

    /// The newest report that is what is looked for, if there is one.
    func newest<Found>(_ body: (MediaReport) -> Found?) -> Found? {
      let all = reports.list.withLock { $0 }
      return all.compactMap(body).last
    }

    func join(_ number: UInt32) async throws -> (party: MediaParty, offer: String) {
      let party = MediaParty(meeting: MediaTests.meeting, participant: ParticipantID(number))
      gateway.perform(.join(party))
      let offer = try await report { report -> String? in
        if case .offer(party, _, let sdp) = report { sdp } else { nil }
      }
      return (party, offer)
    }

    func publishing(_ party: MediaParty, stream: PeerStream) async throws -> MediaPeer {
      var random = SystemRandomNumberGenerator()
      let local = ICECredentials(using: &random)
      let ticket = Ticket(UInt64(party.participant.rawValue))
      gateway.perform(
        .publish(
          party, ticket,
          sdp: PeerSession.offer([stream], local: local, fingerprint: context.fingerprint),
          [ConfabHub.PublishedTrack(mid: stream.mid, source: .camera)]))
      let answer = try await report { report -> String? in
        if case .published(ticket, let sdp) = report { sdp } else { nil }
      }
      gateway.perform(.forward(party, .camera, true))
      let server = try #require(PeerDescription(sdp: answer))
      return try MediaPeer(server, local: local, dtls: context, at: MonotonicClock.now)
    }

    func subscribing(_ party: MediaParty, offer: String) async throws -> MediaPeer {
      var random = SystemRandomNumberGenerator()
      let local = ICECredentials(using: &random)
      let ticket = Ticket(1_000 + UInt64(party.participant.rawValue))
      gateway.perform(
        .answer(
          party, ticket, number: 1,
          sdp: PeerSession.answer(to: offer, local: local, fingerprint: context.fingerprint)))
      try await report { report -> Void? in
        if case .answered(ticket) = report { () } else { nil }
      }
      let server = try #require(PeerDescription(sdp: offer))
      return try MediaPeer(server, local: local, dtls: context, at: MonotonicClock.now)
    }
  }

  /// A packet that is a whole picture of VP8 of its own.
  private static func picture(_ sequence: UInt16, ssrc: UInt32) -> [UInt8] {
    let timestamp = UInt32(sequence) * 3_000
    var packet: [UInt8] = [
      0x80, 0x80 | 96, UInt8(sequence >> 8), UInt8(truncatingIfNeeded: sequence),
    ]
    packet += (0..<4).map { UInt8(truncatingIfNeeded: timestamp >> UInt32(24 - 8 * $0)) }
    packet += (0..<4).map { UInt8(truncatingIfNeeded: ssrc >> UInt32(24 - 8 * $0)) }
    // The descriptor: start of a partition, a picture's number of 15 bits.
    packet += [0x90, 0x80, 0x80 | UInt8(sequence >> 8 & 0x7F), UInt8(truncatingIfNeeded: sequence)]
    // A key frame of 640 × 360.
    packet += [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01]
    return packet + (0..<500).map { UInt8(truncatingIfNeeded: $0) }
  }

  private static func pump(
    _ peers: [MediaPeer], until isDone: () -> Bool,
    _ body: (Int, MediaPacketKind, UnsafeRawBufferPointer) -> Void,
    eachRound: () -> Void = {}
  ) async throws {
    var looks = 0
    while !isDone(), looks < looksMax {
      looks += 1
      let now = MonotonicClock.now
      for (number, peer) in peers.enumerated() {
        if let due = peer.nextDeadline, due <= now { peer.timeout(at: now) }
        peer.receive(at: now) { body(number, $0, $1) }
      }
      eachRound()
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  @Test func whatOnePublishesTheOtherSeesUntilItIsHeldBack() async throws {
    let stage = try Stage()
    let (ann, annOffer) = try await stage.join(1)
    let (bob, bobOffer) = try await stage.join(2)
    let stream = PeerStream(mid: "0", kind: .video, ssrc: 77_777)
    let camera = try await stage.publishing(ann, stream: stream)
    let screen = try await stage.subscribing(bob, offer: bobOffer)
    let own = try await stage.subscribing(ann, offer: annOffer)
    stage.gateway.perform(
      .wish(
        bob, [MediaWish(participant: ann.participant, source: .camera, width: 640, height: 360)],
        videoKbpsMax: 0))
    var sequence: UInt16 = 0
    var seen = 0
    var seenByOneself = 0
    let peers = [camera, screen, own]
    func send() {
      guard camera.isConnected else { return }
      sequence += 1
      Self.picture(sequence, ssrc: stream.ssrc).withUnsafeBytes { camera.send(rtp: $0) }
      camera.flush()
    }
    func see(_ number: Int, _ kind: MediaPacketKind, _ packet: UnsafeRawBufferPointer) {
      guard kind == .rtp, let header = RTPHeader(packet) else { return }
      if number == 2 { seenByOneself += 1 }
      guard number == 1, header.payloadBytes > 500 else { return }
      seen += 1
      #expect(Array(packet.suffix(500)) == (0..<500).map { UInt8(truncatingIfNeeded: $0) })
    }
    try await Self.pump(peers, until: { seen >= 30 }, see, eachRound: send)
    #expect(seen >= 30)
    #expect(seenByOneself == 0)
    #expect(screen.profile == .aes128GCM)
    let slots = try await stage.report { report -> [ConfabHub.MediaSlot]? in
      if case .slots(bob, let slots) = report, !slots.isEmpty { slots } else { nil }
    }
    #expect(slots.map(\.participant) == [ann.participant])
    #expect(slots.map(\.source) == [.camera])

    stage.gateway.perform(.forward(ann, .camera, false))
    // What is on its way arrives, and then nothing.
    try await Self.pump(peers, until: { sequence >= 400 }, { _, _, _ in }, eachRound: send)
    var late = 0
    func seeLate(_ number: Int, _ kind: MediaPacketKind, _ packet: UnsafeRawBufferPointer) {
      guard kind == .rtp, number == 1, let header = RTPHeader(packet) else { return }
      if header.payloadBytes > 500 { late += 1 }
    }
    try await Self.pump(peers, until: { sequence >= 500 }, seeLate, eachRound: send)
    #expect(late == 0)
    await stage.port.close()
  }

  /// A camera that nobody sees need not be sent; who looks gets it all the same.
  @Test func aPublisherIsToldWhetherAnybodyLooks() async throws {
    let stage = try Stage()
    let (ann, _) = try await stage.join(1)
    let (bob, bobOffer) = try await stage.join(2)
    let stream = PeerStream(mid: "0", kind: .video, ssrc: 77_777)
    let camera = try await stage.publishing(ann, stream: stream)
    let screen = try await stage.subscribing(bob, offer: bobOffer)
    var sequence: UInt16 = 0
    var isWanted = true
    var seen = 0
    func send() {
      guard camera.isConnected else { return }
      if let told = stage.newest({ report -> [TrackDemand]? in
        if case .demand(ann, let tracks) = report { tracks } else { nil }
      }) {
        #expect(told.map(\.mid) == ["0"] && told[0].rids == [])
        isWanted = told[0].isWanted
      }
      guard isWanted else { return }
      sequence += 1
      Self.picture(sequence, ssrc: stream.ssrc).withUnsafeBytes { camera.send(rtp: $0) }
      camera.flush()
    }
    func see(_ number: Int, _ kind: MediaPacketKind, _ packet: UnsafeRawBufferPointer) {
      guard kind == .rtp, number == 1, let header = RTPHeader(packet) else { return }
      if header.payloadBytes > 500 { seen += 1 }
    }
    let peers = [camera, screen]
    try await Self.pump(peers, until: { !isWanted }, see, eachRound: send)
    #expect(!isWanted && seen == 0)
    stage.gateway.perform(
      .wish(
        bob, [MediaWish(participant: ann.participant, source: .camera, width: 640, height: 360)],
        videoKbpsMax: 0))
    try await Self.pump(peers, until: { seen >= 10 }, see, eachRound: send)
    #expect(isWanted && seen >= 10)
    await stage.port.close()
  }

  @Test func whoLeavesIsToldGoodbyeAndWhoIsSilentIsReported() async throws {
    let stage = try Stage()
    let (ann, offer) = try await stage.join(1)
    let peer = try await stage.subscribing(ann, offer: offer)
    try await Self.pump([peer], until: { peer.isConnected }, { _, _, _ in })
    #expect(peer.isConnected)
    stage.gateway.perform(.leave(ann))
    try await Self.pump([peer], until: { peer.hasEnded }, { _, _, _ in })
    #expect(peer.hasEnded)

    let (bob, bobOffer) = try await stage.join(2)
    let other = try await stage.subscribing(bob, offer: bobOffer)
    try await Self.pump([other], until: { other.isConnected }, { _, _, _ in })
    other.close()
    let (publishing, subscribing) = try await stage.report { report -> (Bool, Bool)? in
      if case .lost(bob, let publishing, let subscribing) = report {
        (publishing, subscribing)
      } else {
        nil
      }
    }
    #expect(!publishing && subscribing)
    // Nobody may have listened when it was told.
    stage.gateway.perform(.retell(bob))
    try await stage.report { report -> Void? in
      if case .lost(bob, publishing: false, subscribing: true) = report { () } else { nil }
    }
    // It comes again when it is asked for, and once more while it is not answered.
    stage.gateway.perform(.restart(bob))
    let number = try await stage.report { report -> UInt32? in
      if case .offer(bob, let number, _) = report { number } else { nil }
    }
    #expect(number == 2)
    stage.gateway.perform(.retell(bob))
    try await stage.report { report -> Void? in
      if case .offer(bob, 3, _) = report { () } else { nil }
    }
    await stage.port.close()
  }

  /// Over TCP a participant proves as many connections as he likes; what is of no use is closed.
  @Test func connectionsThatLeadNowhereAreClosed() async throws {
    let stage = try Stage()
    let (ann, offer) = try await stage.join(1)
    let server = try #require(PeerDescription(sdp: offer))
    var random = SystemRandomNumberGenerator()
    let local = ICECredentials(using: &random)
    let closed = Mutex<[Int]>([])
    let answered = Mutex(0)
    let count = ICELite.tuplesMax + 4
    for number in 1...count {
      let address = try SocketAddress(ipAddress: "127.0.0.1", port: 40_000 + number)
      let opened = stage.port.openStream(
        from: address, hangUp: { closed.withLock { $0.append(number) } },
        write: { _ in answered.withLock { $0 += 1 } })
      let tuple = try #require(opened)
      var controller = ICEController(
        local: local, remote: server.credentials, tuple: tuple, tieBreaker: UInt64(number),
        at: MonotonicClock.now)
      let check = try #require(controller.poll(at: MonotonicClock.now, using: &random))
      stage.port.receive([check], from: tuple)
    }
    for _ in 0..<Self.looksMax where closed.withLock({ $0.count }) < 4 {
      try await Task.sleep(for: .milliseconds(2))
    }
    // The ones that were heard of first have made room for the others.
    #expect(closed.withLock { $0 } == [1, 2, 3, 4])
    #expect(answered.withLock { $0 } == count)
    stage.gateway.perform(.leave(ann))
    for _ in 0..<Self.looksMax where closed.withLock({ $0.count }) < count {
      try await Task.sleep(for: .milliseconds(2))
    }
    #expect(closed.withLock { $0.sorted() } == Array(1...count))
    await stage.port.close()
  }

  /// The newest of what counts as it stands last, however many orders came before it.
  @Test func ordersThatWaitAreNotManyForOneParticipant() async throws {
    let stage = try Stage()
    let (ann, _) = try await stage.join(1)
    // The port's thread stands still meanwhile.
    let hold = DispatchSemaphore(value: 0)
    stage.port.post { _ in hold.wait() }
    for number in 0..<70_000 as Range<UInt32> {
      stage.gateway.perform(
        .wish(
          ann,
          [MediaWish(participant: ParticipantID(number), source: .camera, width: 1, height: 1)],
          videoKbpsMax: 0))
      stage.gateway.perform(.forward(ann, .camera, number % 2 == 0))
    }
    for number in 0..<10_000 as Range<UInt64> {
      stage.gateway.perform(.answer(ann, Ticket(number), number: 1, sdp: "v=0"))
    }
    let reason = try await stage.report { report -> String? in
      if case .refused(_, let reason) = report { reason } else { nil }
    }
    #expect(reason.contains("too busy"))
    hold.signal()
    // And goes on as if nothing had been.
    _ = try await stage.join(2)
    await stage.port.close()
  }

  @Test func nonsenseIsRefusedWithAReason() async throws {
    let stage = try Stage()
    let (ann, _) = try await stage.join(1)
    let ticket = Ticket(5)
    stage.gateway.perform(.publish(ann, ticket, sdp: "v=0\r\nnonsense", []))
    let reason = try await stage.report { report -> String? in
      if case .refused(ticket, let reason) = report { reason } else { nil }
    }
    #expect(reason.hasSuffix("."))
    let other = Ticket(6)
    stage.gateway.perform(.answer(ann, other, number: 9, sdp: "v=0"))
    _ = try await stage.report { report -> String? in
      if case .refused(other, let reason) = report { reason } else { nil }
    }
    await stage.port.close()
  }

  /// Two hundred come and go at once; what they leave behind is nothing.
  @Test func manyJoinsAtOnce() async throws {
    let stage = try Stage()
    for number in 1...200 as ClosedRange<UInt32> {
      let party = MediaParty(meeting: Self.meeting, participant: ParticipantID(number))
      stage.gateway.perform(.join(party))
    }
    for number in 1...200 as ClosedRange<UInt32> {
      let party = MediaParty(meeting: Self.meeting, participant: ParticipantID(number))
      _ = try await stage.report { report -> Bool? in
        if case .offer(party, _, _) = report { true } else { nil }
      }
      stage.gateway.perform(.leave(party))
    }
    stage.gateway.perform(.closeMeeting(Self.meeting))
    stage.gateway.perform(.openMeeting(Self.meeting))
    _ = try await stage.join(1)
    await stage.port.close()
  }
}
