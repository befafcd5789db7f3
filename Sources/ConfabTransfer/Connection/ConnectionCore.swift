import Primitives

/// What a connection knows and decides, without cipher, source and sink.
///
/// The files beside this one hold one matter each: the handshake, what comes in, what acknowledgements
/// tell, what goes out, paths, and time. All times are nanoseconds on the shell's clock.
struct ConnectionCore: ~Copyable {
  enum Phase: Hashable, Sendable {
    /// Keys are not agreed yet.
    case handshaking
    case established
    /// The other side is being told that it is over.
    case closing
    case closed
  }

  let role: ConnectionSetup.Role
  let isRelayOnly: Bool
  let localIndex: UInt32
  let remoteIndex: UInt32
  var phase = Phase.handshaking

  var handshake: HandshakeExchange
  /// Made by the handshake, waiting to be fetched by the shell.
  var newKeys: TransferKeys?
  var keys: KeySchedule
  /// Packets that could not be opened so far.
  var forgeries: UInt64 = 0
  let forgeriesMax: UInt64
  /// Paths on which message 2 is to be sent, as bits.
  var owedHandshakes: UInt64 = 0
  /// An answer to a message 1 that came again, or too often. Only the latest: whoever is not answered
  /// asks again.
  var handshakeReply: (PathAddress, [UInt8])?
  /// The other side has shown that it has the keys too.
  var isConfirmed = false

  var recovery = LossRecovery()
  var congestion: CongestionControl
  var replay = ReplayWindow()
  var received = ReceivedPackets()
  var policy = AcknowledgementPolicy()
  /// When the largest packet so far came.
  var largestReceivedAt: UInt64 = 0
  var marks = ECNCounts()
  var hasMarks = false
  var hostDrops: UInt64 = 0

  var paths: PathTable
  /// A way other than the one in use is looked for because that one is silent.
  var isSearchingPath = false
  /// The path of the packet with the highest number that did more than probe.
  var peersPath: Int?
  var announcements: [Candidate] = []
  var owesAnnouncements = false

  var contentOut: ContentScheduler
  var contentIn: ContentReceipt
  var controlOut = ControlSender()
  var controlIn = ControlReceiver()
  /// Arrived, and not reported yet.
  var acknowledgedContent = ByteRanges(reserving: 64)

  /// Packets to send regardless of window and pacer, so that the peer answers.
  var owedProbes = 0
  var owesPing = false
  /// The other side was sending, so its silence is worth a question: one for each silence.
  var expectsMore = false
  /// The next packet number to leave out.
  var nextSkip: UInt64
  var skipChance: SeededRandom
  /// When the pacer lets the next train go.
  var pacedUntil: UInt64?
  var lastConfirmationAskedAt: UInt64 = 0

  var lastHeardAt: UInt64
  var lastSentAt: UInt64
  var closing: (code: UInt16, reason: String, until: UInt64)?
  var owesClose = false

  var statistics = TransferStatistics()
  private var events: [TransferEvent] = []
  private var eventHead = 0

  /// The content frame at hand, of which parts may be new.
  var pendingContent: (range: Range<UInt64>, start: Int)?
  // The packet at hand: what it asks for, and where it came from.
  var isAckEliciting = false
  /// It did nothing but try a path (RFC 9000 §9.1).
  var isProbing = true
  var isUrgent = false
  var isNewestPacket = false
  var arrivalPath: Int?
  /// Where the reader puts the ranges of an acknowledgement.
  let rangeScratch: UnsafeMutablePointer<PacketNumberRange>

  init(_ setup: ConnectionSetup, at now: UInt64) {
    role = setup.role
    localIndex = setup.localIndex
    remoteIndex = setup.remoteIndex
    handshake = HandshakeExchange(setup, at: now)
    keys = KeySchedule(setup, at: now)
    forgeriesMax = setup.forgeriesMax
    congestion = CongestionControl(
      setup.congestion, datagramBytes: PacketLimits.baseDatagramBytes, rateLimit: setup.rateLimit,
      startRate: setup.startRate, at: MonotonicTime(nanoseconds: now))
    paths = PathTable(secret: setup.pathSecret, datagramBytesMax: setup.datagramBytesMax)
    contentOut = ContentScheduler(
      credit: setup.role == .presenter ? setup.initialContentCredit : 0)
    contentIn = ContentReceipt(
      credit: setup.role == .recipient ? setup.initialContentCredit : 0,
      contentBytes: setup.role == .recipient ? setup.contentBytes : 0)
    skipChance = SeededRandom(seed: setup.skipSeed)
    nextSkip = UInt64.random(in: TransferLimits.skipDistance, using: &skipChance)
    lastHeardAt = now
    lastSentAt = now
    rangeScratch = .allocate(capacity: PacketLimits.acknowledgedRangesMax)
    rangeScratch.initialize(
      repeating: PacketNumberRange(first: 0, last: 0),
      count: PacketLimits.acknowledgedRangesMax)
    isRelayOnly = setup.isRelayOnly
    let candidates = setup.isRelayOnly ? [] : setup.candidates
    for candidate in candidates.prefix(PacketLimits.candidatesMax) {
      _ = paths.add(PathAddress(candidate), kind: PathKind(candidate.kind), at: now)
    }
  }

  deinit { rangeScratch.deallocate() }

  var activePath: Path? { paths.active.map { paths[$0] } }

  // MARK: Wishes

  mutating func queueContent(_ range: Range<UInt64>) {
    // The old copies' acknowledgements must not count for the new ones.
    if contentOut.queue(range) { recovery.forgetLosses() }
  }

  mutating func announce(_ candidates: [Candidate]) {
    guard !isRelayOnly else { return }
    announcements = Array(candidates.prefix(PacketLimits.candidatesMax))
    owesAnnouncements = !announcements.isEmpty
  }

  mutating func unreadable(_ chunk: ContentScheduler.Chunk) {
    report(.unreadable(contentOut.setAside(chunk)))
  }

  mutating func close(_ closing: TransferClosing, code: UInt16, reason: String, at now: UInt64) {
    switch phase {
    case .handshaking: end(closing)
    case .established:
      phase = .closing
      let linger = TransferLimits.closingProbeTimeouts * recovery.roundTrip.probeTimeout
      self.closing = (code, reason, now + linger)
      owesClose = true
      report(.closed(closing))
    case .closing, .closed: break
    }
  }

  /// Ends without another word.
  mutating func end(_ closing: TransferClosing) {
    if phase == .handshaking || phase == .established { report(.closed(closing)) }
    phase = .closed
    owesClose = false
  }

  mutating func violated(_ violation: TransportViolation, at now: UInt64) {
    close(.violation(violation), code: violation.rawValue, reason: "", at: now)
  }

  // MARK: Events

  mutating func report(_ event: TransferEvent) { events.append(event) }

  mutating func nextEvent() -> TransferEvent? {
    if eventHead < events.count {
      defer {
        eventHead += 1
        if eventHead == events.count {
          events.removeAll(keepingCapacity: true)
          eventHead = 0
        }
      }
      return events[eventHead]
    }
    if let bytes = controlIn.read() { return .control(bytes) }
    if controlOut.becameWritable() { return .controlWritable }
    if let range = acknowledgedContent.first {
      acknowledgedContent.remove(range)
      return .contentAcknowledged(range)
    }
    return nil
  }

  // MARK: Views

  var isEverythingAcknowledged: Bool {
    contentOut.isEmpty && controlOut.unacknowledgedBytes == 0 && !recovery.isAnythingOutstanding
  }

  var currentStatistics: TransferStatistics {
    var all = statistics
    all.datagramBytes = activePath?.sizes.current ?? PacketLimits.baseDatagramBytes
    all.bytesInFlight = recovery.bytesInFlight
    all.windowBytes = congestion.windowBytes
    all.pacingRate = congestion.pacingRate
    all.smoothedRoundTrip = .nanoseconds(Int64(clamping: recovery.roundTrip.smoothed))
    all.minimumRoundTrip = .nanoseconds(Int64(clamping: recovery.roundTrip.minimum))
    return all
  }
}
