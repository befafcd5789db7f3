/// How many bits a second may go to one viewer.
///
/// Delay and loss come from the viewer's transport-wide feedback (draft-ietf-rmcat-gcc-02). What a server
/// forwards is often less than the line carries, so an estimate that is made of it never rises by
/// itself: probes, which send more for a moment, raise it.
struct DownlinkEstimator: ~Copyable {
  static let initialBitrate = 1_500_000
  static let bitrateRange = 50_000...100_000_000
  /// After an overuse, from what was delivered meanwhile (§6.1).
  private static let decrease = 0.85
  private static let increasePerSecond = 1.08
  /// Losses above the first are congestion, those below the second are none (§7).
  static let lossHigh = 0.10
  static let lossLow = 0.02
  private static let lossWindowPackets = 50
  private static let lossWindowNanoseconds: UInt64 = 500_000_000
  /// Feedback comes each 50 to 100 ms: when there is none for so long, the line is worse than it was.
  private static let silenceNanoseconds: UInt64 = 500_000_000
  /// Not below what sound and a small picture take: without packets there is no feedback that raises it.
  private static let silentBitrateMin = 200_000

  var history: SendHistory
  private(set) var bitrate = Self.initialBitrate
  private(set) var hasFeedback = false
  private var trend = DelayTrend()
  private var delivered = RateMeter()
  private var lastIncrease: UInt64 = 0
  private var lastDecrease: UInt64 = 0
  /// When the first packet was sent after the last feedback, or the rate was lowered since; 0 for none.
  private var unansweredSince: UInt64 = 0
  private(set) var probe = BandwidthProbe()

  // Since the loss was last judged.
  private var lossBegan: UInt64 = 0
  private var received = 0
  private var lost = 0
  private(set) var loss = 0.0
  /// Behind it, all feedback is in.
  private var toldTo: UInt64 = 0
  private var referenceTicks: Int64?

  /// What the viewer's own estimate allows, where it sends one.
  private var receiverLimit: Int?

  init(firstSequence: UInt16) {
    history = SendHistory(firstSequence: firstSequence)
  }

  /// - Returns: the transport-wide number for the packet's header.
  @inline(__always)
  mutating func sent(bytes: Int, isProbe: Bool = false, at now: UInt64) -> UInt16 {
    if unansweredSince == 0 { unansweredSince = now }
    probe.sent(bytes: bytes)
    return history.record(bytes: bytes, isProbe: probe.isRunning, at: now)
  }

  // MARK: Feedback

  mutating func feedback(_ feedback: TransportFeedback, at now: UInt64) {
    guard var sequence = history.unwrap(feedback.baseSequence) else { return }
    hasFeedback = true
    unansweredSince = 0
    // The reference time wraps after 12 days; feedback may overtake feedback.
    let reference = unwrappedReference(feedback.referenceTicks)
    let shift = reference - feedback.referenceTicks
    // The closure must not touch what is being read.
    var news = FeedbackNews()
    feedback.eachPacket { _, ticks in
      defer { sequence += 1 }
      guard let ticks else {
        if sequence >= toldTo, sequence < history.next { news.lost += 1 }
        return
      }
      guard let packet = history.take(sequence) else { return }
      news.received += 1
      let arrived = (ticks + shift) * TransportFeedback.tickNanoseconds
      trend.packet(sent: Int64(packet.sentAt), arrived: arrived)
      delivered.add(Int(packet.bytes), at: UInt64(max(1, arrived + Self.arrivalBase)))
      if packet.isProbe { probe.arrived(bytes: Int(packet.bytes), at: arrived) }
    }
    toldTo = max(toldTo, sequence)
    received += news.received
    lost += news.lost
    judgeLoss(at: now)
    judgeDelay(at: now)
  }

  /// Arrivals are on the viewer's clock, which may begin below zero.
  private static let arrivalBase: Int64 = 1 << 53

  private struct FeedbackNews {
    var received = 0
    var lost = 0
  }

  private mutating func unwrappedReference(_ ticks: Int64) -> Int64 {
    let range = TransportFeedback.ticksPerReference << 24
    guard var reference = referenceTicks else {
      referenceTicks = ticks
      return ticks
    }
    let step = ((ticks - reference) % range + range + range / 2) % range - range / 2
    reference += step
    referenceTicks = max(reference, referenceTicks ?? reference)
    return reference
  }

  private mutating func judgeDelay(at now: UInt64) {
    if lastIncrease == 0 { lastIncrease = now }
    switch trend.usage {
    case .overuse:
      probe.cancel(at: now)
      lastIncrease = now
      // One decrease for each overuse that could be heard of.
      guard now >= lastDecrease + 300_000_000 else { return }
      lastDecrease = now
      let measured = delivered.bitsPerSecond
      if measured > 0 { lower(to: Int(Double(min(measured, bitrate)) * Self.decrease)) }
    case .underuse: lastIncrease = now
    case .normal:
      let elapsed = Double(now - lastIncrease) / 1e9
      lastIncrease = now
      guard loss < Self.lossLow, elapsed < 1 else { return }
      // Shortly after a decrease we are near what the line carries: gently then.
      let gain =
        now < lastDecrease + 5_000_000_000 && lastDecrease != 0
        ? 60_000 * elapsed : Double(bitrate) * (Self.increasePerSecond - 1) * elapsed
      // What was never sent proves nothing.
      let ceiling = delivered.bitsPerSecond * 3 / 2 + 10_000
      if bitrate < ceiling { bitrate = min(bitrate + Int(gain), ceiling) }
      if let proven = probe.takeResult(at: now), proven > bitrate { bitrate = proven }
    }
    clamp()
  }

  private mutating func judgeLoss(at now: UInt64) {
    if lossBegan == 0 { lossBegan = now }
    guard received + lost >= Self.lossWindowPackets,
      now >= lossBegan + Self.lossWindowNanoseconds
    else { return }
    judge(loss: Double(lost) / Double(received + lost), at: now)
    received = 0
    lost = 0
    lossBegan = now
  }

  private mutating func judge(loss: Double, at now: UInt64) {
    self.loss = loss
    guard loss > Self.lossHigh else { return }
    probe.cancel(at: now)
    lastDecrease = now
    lower(to: Int(Double(bitrate) * (1 - 0.5 * loss)))
  }

  private func isSilent(at now: UInt64) -> Bool {
    hasFeedback && unansweredSince != 0 && now >= unansweredSince + Self.silenceNanoseconds
  }

  /// Halves the rate each time that feedback has been missing for a while, beginning with what arrived last.
  ///
  /// - Returns: whether it did.
  mutating func lowerInSilence(at now: UInt64) -> Bool {
    guard isSilent(at: now), bitrate > Self.silentBitrateMin else { return false }
    unansweredSince = now
    lastDecrease = now
    probe.cancel(at: now)
    // Each time that it is lowered again, `bitrate` is the smaller of the two.
    let last = delivered.bitsPerSecond > 0 ? min(bitrate, delivered.bitsPerSecond) : bitrate
    lower(to: max(last / 2, Self.silentBitrateMin))
    return true
  }

  private mutating func lower(to rate: Int) {
    bitrate = min(bitrate, rate)
    clamp()
  }

  private mutating func clamp() {
    bitrate = min(max(bitrate, Self.bitrateRange.lowerBound), Self.bitrateRange.upperBound)
    if let receiverLimit {
      bitrate = min(bitrate, max(receiverLimit, Self.bitrateRange.lowerBound))
    }
  }

  // MARK: Viewers without transport-wide feedback

  mutating func receiverEstimate(_ rate: UInt64) {
    let rate = Int(clamping: rate)
    // With feedback we know better; what the viewer asks for as a ceiling holds all the same.
    receiverLimit = hasFeedback ? max(rate, Self.bitrateRange.lowerBound) : nil
    if !hasFeedback { bitrate = rate }
    clamp()
  }

  /// Of a receiver's report.
  mutating func report(fractionLost: UInt8, at now: UInt64) {
    guard !hasFeedback else { return }
    judge(loss: Double(fractionLost) / 256, at: now)
  }

  // MARK: Probing

  /// Begins a probe when there is something to gain and the last ones did not fail just now.
  mutating func wantProbe(to rate: Int, at now: UInt64) {
    guard hasFeedback, loss < Self.lossLow, trend.usage == .normal, !isSilent(at: now) else {
      return
    }
    probe.begin(to: min(rate, 2 * bitrate), at: now)
  }

  /// How many bytes of padding to send now.
  mutating func probeBytes(at now: UInt64) -> Int { probe.paddingDue(at: now) }
}
