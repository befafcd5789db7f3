package import Primitives

/// How a connection finds out how fast it may send.
package enum CongestionAlgorithm: Sendable {
  case bbr
  case cubic
}

/// Congestion control of one path: delivery-rate samples, the chosen controller, and the pacer.
///
/// *Feeding it:* `packetSent` for each packet with content; for each acknowledgement
/// `beginAcknowledgement`, the packets it acknowledged or lost, `endAcknowledgement`.
/// *Asking it:* `allowance` before each train, and when that says 0, `nextAllowance` for when to ask
/// again.
package struct CongestionControl: Sendable {
  private let algorithm: CongestionAlgorithm
  private let rateLimit: Int?
  private let lossTolerance: Bool
  private var datagramBytes: Int
  private var estimator: DeliveryRateEstimator
  private var pacer: Pacer
  /// Both exist and one is used: an enumeration would copy its content at each change.
  package private(set) var bbr: BBR
  private var cubic: Cubic
  private var smoothedRTT: Duration
  private var acknowledgedAt: MonotonicTime
  /// What the last call of `allowance` found.
  private var isWindowClosed = false

  /// Assumed until a round trip was measured.
  static let initialRTT: Duration = BBR.Constant.initialRTT
  /// A terabyte per second: keeps arithmetic with whole numbers safe.
  static let pacingRateMax = 1e12

  /// `rateLimit` and `startRate`, which is what this path carried lately, are bytes per second.
  package init(
    _ algorithm: CongestionAlgorithm, datagramBytes: Int, rateLimit: Int?, startRate: Int?,
    lossTolerance: Bool = true, at now: MonotonicTime
  ) {
    self.algorithm = algorithm
    self.lossTolerance = lossTolerance
    self.rateLimit = rateLimit
    self.datagramBytes = datagramBytes
    estimator = DeliveryRateEstimator(at: now)
    pacer = Pacer(datagramBytes: datagramBytes, at: now)
    bbr = BBR(
      datagramBytes: datagramBytes, startRate: startRate, lossTolerance: lossTolerance, at: now)
    cubic = Cubic(datagramBytes: datagramBytes)
    smoothedRTT = Self.initialRTT
    acknowledgedAt = now
  }

  /// The congestion window.
  package var windowBytes: Int {
    switch algorithm {
    case .bbr: Int(bbr.window)
    case .cubic: Int(cubic.window)
    }
  }

  /// Bytes per second.
  package var pacingRate: Int {
    let rate =
      switch algorithm {
      case .bbr: bbr.pacingRate
      case .cubic: cubic.pacingRate(smoothedRTT: smoothedRTT)
      }
    let whole = Int(min(rate, Self.pacingRateMax))
    return max(1, min(whole, rateLimit ?? whole))
  }

  package mutating func datagramBytesChanged(_ bytes: Int) {
    datagramBytes = bytes
    bbr.datagramBytesChanged(bytes)
    cubic.datagramBytesChanged(bytes)
  }

  /// For every packet with ack-eliciting content just before it leaves; `bytesInFlight` is without
  /// it. The snapshot belongs into the packet's record.
  package mutating func packetSent(
    bytes: Int, bytesInFlight: Int, at now: MonotonicTime
  ) -> SendSnapshot {
    if bytesInFlight == 0, algorithm == .bbr, estimator.isApplicationLimited {
      bbr.restartedFromIdle(at: now)
    }
    pacer.take(bytes)
    var snapshot = estimator.packetSent(bytes: bytes, bytesInFlight: bytesInFlight, at: now)
    snapshot.pace = bbr.pace
    return snapshot
  }

  /// One received acknowledgement, or one look of the loss timer: begin, its packets, end.
  package mutating func beginAcknowledgement(at now: MonotonicTime) {
    // What the rate was until now must be credited before it changes.
    pacer.fill(rate: pacingRate, quantum: quantum, at: now)
    acknowledgedAt = now
    estimator.beginAcknowledgement()
  }

  package mutating func packetAcknowledged(_ snapshot: SendSnapshot, bytes: Int) {
    estimator.packetAcknowledged(snapshot, bytes: bytes, at: acknowledgedAt)
    if algorithm == .bbr { bbr.packetAcknowledged(snapshot) }
  }

  package mutating func packetLost(_ snapshot: SendSnapshot, bytes: Int) {
    estimator.packetLost(bytes: bytes)
    guard algorithm == .bbr else { return }
    bbr.packetLost(
      snapshot, bytes: bytes, lost: estimator.lost, delivered: estimator.delivered,
      at: acknowledgedAt)
  }

  /// `bytesInFlight` is what remains; `latestRTT` is nil when the acknowledgement gave no sample.
  package mutating func endAcknowledgement(
    bytesInFlight: Int, latestRTT: Duration?, smoothedRTT: Duration, minRTT: Duration,
    largestLostSentAt: MonotonicTime?, at now: MonotonicTime
  ) {
    self.smoothedRTT = smoothedRTT
    isWindowClosed = false
    let sample = estimator.endAcknowledgement(minRTT: minRTT, at: now)
    switch algorithm {
    case .bbr:
      bbr.acknowledged(
        BBR.Acknowledgement(
          sample: sample, delivered: estimator.delivered, lost: estimator.lost,
          bytesInFlight: Double(bytesInFlight), latestRTT: latestRTT, smoothedRTT: smoothedRTT,
          now: now))
    case .cubic:
      if let largestLostSentAt {
        cubic.lost(sample.newlyLost, largestSentAt: largestLostSentAt, at: now)
      }
      cubic.acknowledged(
        sample, delivered: estimator.delivered, latestRTT: latestRTT, smoothedRTT: smoothedRTT,
        at: now)
    }
  }

  /// A packet that was declared lost has been acknowledged after all.
  package mutating func spuriousLoss(_ snapshot: SendSnapshot, bytes: Int) {
    estimator.spuriousLoss(bytes: bytes)
    switch algorithm {
    case .bbr: bbr.spuriousLoss()
    case .cubic: cubic.spuriousLoss(bytes, sentAt: snapshot.sentAt)
    }
  }

  package mutating func persistentCongestion(at now: MonotonicTime) {
    bbr.persistentCongestion()
    cubic.persistentCongestion()
  }

  /// There is nothing (more) to send though window and pacer would allow it.
  package mutating func applicationLimited(bytesInFlight: Int) {
    estimator.applicationLimited(bytesInFlight: bytesInFlight)
  }

  /// Another path: all that was learned is void.
  package mutating func pathChanged(at now: MonotonicTime) {
    self = CongestionControl(
      algorithm, datagramBytes: datagramBytes, rateLimit: rateLimit, startRate: nil,
      lossTolerance: lossTolerance, at: now)
  }

  private var quantum: Int {
    Pacer.quantumBytes(rate: pacingRate, datagramBytes: datagramBytes)
  }

  /// How many bytes may leave now as one train; 0 is to wait.
  package mutating func allowance(bytesInFlight: Int, at now: MonotonicTime) -> Int {
    let quantum = quantum
    pacer.fill(rate: pacingRate, quantum: quantum, at: now)
    let room = windowBytes - bytesInFlight
    isWindowClosed = room < datagramBytes
    if isWindowClosed { bbr.isWindowLimited = true }
    guard !isWindowClosed else { return 0 }
    let train = min(room, quantum)
    return pacer.allows(train) ? train : 0
  }

  /// When to ask again; nil when only an acknowledgement can open the window.
  package func nextAllowance(at now: MonotonicTime) -> MonotonicTime? {
    guard !isWindowClosed else { return nil }
    let quantum = quantum
    return pacer.time(of: quantum, rate: pacingRate, quantum: quantum, at: now)
  }
}
