import ConfabTransfer
import Primitives

/// The first BBR (Linux, `tcp_bbr.c`) to compete with: it ignores loss, keeps two
/// bandwidth-delay products in flight and probes with a fixed cycle of gains.
struct FirstBBR: SimulatedController {
  private enum Mode {
    case startup
    case drain
    case probeBandwidth
    case probeRTT
  }

  private static let highGain = 2.885
  private static let cycle = [1.25, 0.75, 1, 1, 1, 1, 1, 1]
  private static let datagram = Double(SimulatedFlow.datagramBytes)

  private var estimator = DeliveryRateEstimator(at: MonotonicTime(nanoseconds: 0))
  private var pacer = Pacer(
    datagramBytes: SimulatedFlow.datagramBytes, at: MonotonicTime(nanoseconds: 0))
  private var mode = Mode.startup
  private var samples: [(round: Int, rate: Double)] = []
  private var bandwidth = 0.0
  private var minRTT = 1.0
  private var minRTTAt: UInt64 = 0
  private var round = 0
  private var roundEnd: UInt64 = 0
  private var full = 0.0
  private var fullRounds = 0
  private var isFull = false
  private var cycleIndex = 2
  private var cycleAt: UInt64 = 0
  private var window = 10 * Self.datagram
  private var probeDoneAt: UInt64?
  private var isClosed = false
  private var conservedUntil: Int?
  private var priorWindow = 0.0
  private var lossRound = 0
  private var at = MonotonicTime(nanoseconds: 0)

  var windowBytes: Int { Int(window) }

  private var pacingGain: Double {
    switch mode {
    case .startup: Self.highGain
    case .drain: 1 / Self.highGain
    case .probeBandwidth: Self.cycle[cycleIndex]
    case .probeRTT: 1
    }
  }

  private var rate: Int {
    bandwidth > 0
      ? max(1, Int(pacingGain * bandwidth * 0.99)) : Int(Self.highGain * 10 * Self.datagram / 0.05)
  }

  private var quantum: Int {
    Pacer.quantumBytes(rate: rate, datagramBytes: SimulatedFlow.datagramBytes)
  }

  private func inflight(_ gain: Double) -> Double {
    bandwidth * minRTT * gain + 3 * Double(quantum)
  }

  mutating func packetSent(
    bytes: Int, bytesInFlight: Int, at now: MonotonicTime
  ) -> SendSnapshot {
    pacer.take(bytes)
    return estimator.packetSent(bytes: bytes, bytesInFlight: bytesInFlight, at: now)
  }

  mutating func beginAcknowledgement(at now: MonotonicTime) {
    pacer.fill(rate: rate, quantum: quantum, at: now)
    at = now
    estimator.beginAcknowledgement()
  }

  mutating func packetAcknowledged(_ snapshot: SendSnapshot, bytes: Int) {
    estimator.packetAcknowledged(snapshot, bytes: bytes, at: at)
  }

  mutating func packetLost(_ snapshot: SendSnapshot, bytes: Int) {
    estimator.packetLost(bytes: bytes)
  }

  mutating func applicationLimited(bytesInFlight: Int) {
    estimator.applicationLimited(bytesInFlight: bytesInFlight)
  }

  mutating func endAcknowledgement(
    bytesInFlight: Int, latestRTT: Duration?, smoothedRTT: Duration, minRTT lowest: Duration,
    largestLostSentAt: MonotonicTime?, at now: MonotonicTime
  ) {
    let sample = estimator.endAcknowledgement(minRTT: lowest, at: now)
    let time = now.nanoseconds
    guard let prior = sample.priorDelivered else { return }
    let isRoundStart = prior >= roundEnd
    if isRoundStart {
      roundEnd = estimator.delivered
      round += 1
    }
    if let rate = sample.rate {
      samples.removeAll { $0.round + 10 < round || $0.rate <= rate }
      samples.append((round, rate))
      bandwidth = samples.reduce(0) { max($0, $1.rate) }
    }
    if isRoundStart && !isFull {
      if bandwidth >= full * 1.25 {
        full = bandwidth
        fullRounds = 0
      } else {
        fullRounds += 1
        isFull = fullRounds >= 3
      }
    }
    let seconds = latestRTT.map { Double($0.nanoseconds) / 1e9 }
    let isExpired = time > minRTTAt + 10_000_000_000
    if let seconds, seconds <= minRTT || isExpired {
      minRTT = seconds
      minRTTAt = time
    }
    advance(
      isExpired: isExpired, hasLoss: sample.newlyLost > 0, inFlight: Double(bytesInFlight), at: time
    )
    if sample.newlyLost > 0 {
      // The first round of recovery only replaces what was delivered.
      if conservedUntil == nil {
        priorWindow = window
        conservedUntil = round + 1
      }
      window = max(window - Double(sample.newlyLost), Self.datagram)
      lossRound = round
    } else if conservedUntil != nil, round > lossRound + 1 {
      conservedUntil = nil
      window = max(window, priorWindow)
    }
    if mode == .probeRTT {
      window = 4 * Self.datagram
    } else if let until = conservedUntil, round < until {
      window = max(window, Double(bytesInFlight) + Double(sample.newlyAcknowledged))
    } else if isFull {
      window = min(window + Double(sample.newlyAcknowledged), inflight(2))
    } else {
      window += Double(sample.newlyAcknowledged)
    }
    window = max(window, 4 * Self.datagram)
  }

  private mutating func advance(
    isExpired: Bool, hasLoss: Bool, inFlight: Double, at time: UInt64
  ) {
    if mode == .startup && isFull { mode = .drain }
    if mode == .drain && inFlight <= inflight(1) { (mode, cycleAt) = (.probeBandwidth, time) }
    if mode == .probeBandwidth {
      let elapsed = Double(time - cycleAt) / 1e9 > minRTT
      let done =
        switch pacingGain {
        case 1.25: elapsed && (hasLoss || inFlight >= inflight(1.25))
        case 0.75: elapsed || inFlight <= inflight(1)
        default: elapsed
        }
      if done {
        cycleIndex = (cycleIndex + 1) % Self.cycle.count
        cycleAt = time
      }
    }
    if isExpired && mode != .probeRTT {
      mode = .probeRTT
      probeDoneAt = nil
    }
    guard mode == .probeRTT else { return }
    if let done = probeDoneAt {
      guard time >= done else { return }
      minRTTAt = time
      mode = isFull ? .probeBandwidth : .startup
      window = inflight(2)
      cycleAt = time
    } else if inFlight <= 4 * Self.datagram {
      probeDoneAt = time + 200_000_000
    }
  }

  mutating func allowance(bytesInFlight: Int, at now: MonotonicTime) -> Int {
    let quantum = quantum
    pacer.fill(rate: rate, quantum: quantum, at: now)
    let room = Int(window) - bytesInFlight
    isClosed = room < SimulatedFlow.datagramBytes
    if isClosed { return 0 }
    let train = min(room, quantum)
    return pacer.allows(train) ? train : 0
  }

  func nextAllowance(at now: MonotonicTime) -> MonotonicTime? {
    isClosed ? nil : pacer.time(of: quantum, rate: rate, quantum: quantum, at: now)
  }
}
