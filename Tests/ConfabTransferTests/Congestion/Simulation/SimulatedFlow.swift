import ConfabTransfer
import Primitives

/// What the simulation asks of a sender's congestion control; ours, and small TCP ones to compete.
protocol SimulatedController {
  var windowBytes: Int { get }
  mutating func packetSent(bytes: Int, bytesInFlight: Int, at now: MonotonicTime) -> SendSnapshot
  mutating func beginAcknowledgement(at now: MonotonicTime)
  mutating func packetAcknowledged(_ snapshot: SendSnapshot, bytes: Int)
  mutating func packetLost(_ snapshot: SendSnapshot, bytes: Int)
  mutating func endAcknowledgement(
    bytesInFlight: Int, latestRTT: Duration?, smoothedRTT: Duration, minRTT: Duration,
    largestLostSentAt: MonotonicTime?, at now: MonotonicTime)
  mutating func applicationLimited(bytesInFlight: Int)
  mutating func allowance(bytesInFlight: Int, at now: MonotonicTime) -> Int
  func nextAllowance(at now: MonotonicTime) -> MonotonicTime?
}

extension CongestionControl: SimulatedController {}

/// A sender and its receiver, joined by a bottleneck and a constant delay. Nothing is reordered, and
/// acknowledgements are not lost, so packets are lost when three later ones were acknowledged.
final class SimulatedFlow {
  static let datagramBytes = 1472
  static let wireBytes = 1500
  /// What a datagram carries besides headers and tag.
  static let contentBytes = 1442
  static let packetThreshold = 3
  private static let ringSlots = 1 << 16
  private static let never = UInt64.max

  private struct Record {
    var snapshot: SendSnapshot
    var isOutstanding: Bool
  }

  private struct Arrival {
    var number: Int
    var time: UInt64
  }

  private struct Acknowledgement {
    /// Everything in the receiver's log before this index has been received.
    var end: Int
    var time: UInt64
    var delay: UInt64
  }

  var controller: any SimulatedController
  let roundTrip: UInt64
  let contentMax: Int?
  let startAt: UInt64
  let packetsPerAcknowledgement: Int

  private(set) var deliveredContent = 0
  private(set) var completedAt: UInt64?
  private(set) var sentPackets = 0
  private(set) var lostPackets = 0
  private(set) var smoothedRTT = 0.0
  private(set) var bytesInFlight = 0
  private var acknowledgedContent = 0

  private var ring: [Record]
  private var next = 0
  private var oldest = 0
  private var largestAcknowledged = -1
  private var arrivals = Queue<Arrival>()
  private var acknowledgements = Queue<Acknowledgement>()
  private var log: [Int32] = []
  private var logAcknowledged = 0
  private var receivedUnacknowledged = 0
  private var highestReceived = -1
  private var receivedAt: UInt64 = 0
  private var acknowledgeAt = never
  private var sendAt: UInt64
  private var probeAt = never
  private var minRTT = UInt64.max
  private var random: SeededRandom

  init(
    _ controller: any SimulatedController, roundTrip: Duration, contentMax: Int? = nil,
    startAt: Duration = .zero, packetsPerAcknowledgement: Int = 8, seed: UInt64 = 7
  ) {
    self.controller = controller
    self.roundTrip = UInt64(roundTrip.nanoseconds)
    self.contentMax = contentMax
    self.startAt = UInt64(startAt.nanoseconds)
    self.packetsPerAcknowledgement = packetsPerAcknowledgement
    sendAt = UInt64(startAt.nanoseconds)
    random = SeededRandom(seed: seed)
    let snapshot = SendSnapshot(sentAt: MonotonicTime(nanoseconds: 0))
    ring = Array(
      repeating: Record(snapshot: snapshot, isOutstanding: false), count: Self.ringSlots)
  }

  var nextEventAt: UInt64 {
    if completedAt != nil { return Self.never }
    var time = min(sendAt, acknowledgeAt, probeAt)
    if let arrival = arrivals.first { time = min(time, arrival.time) }
    if let acknowledgement = acknowledgements.first { time = min(time, acknowledgement.time) }
    return time
  }

  func step(at now: UInt64, through bottleneck: inout Bottleneck) {
    if let arrival = arrivals.first, arrival.time <= now {
      arrivals.removeFirst()
      receive(arrival)
    } else if acknowledgeAt <= now {
      acknowledge(at: now)
    } else if let acknowledgement = acknowledgements.first, acknowledgement.time <= now {
      acknowledgements.removeFirst()
      process(acknowledgement)
      send(at: now, through: &bottleneck)
    } else if sendAt <= now {
      send(at: now, through: &bottleneck)
    } else if probeAt <= now {
      transmitOne(at: now, through: &bottleneck)
    }
  }

  // MARK: The receiver

  private func receive(_ arrival: Arrival) {
    let now = arrival.time
    log.append(Int32(truncatingIfNeeded: arrival.number))
    deliveredContent += Self.contentBytes
    let isGap = arrival.number != highestReceived + 1
    highestReceived = arrival.number
    receivedAt = now
    receivedUnacknowledged += 1
    if let contentMax, deliveredContent >= contentMax {
      completedAt = now
      return
    }
    if isGap || receivedUnacknowledged >= packetsPerAcknowledgement {
      acknowledge(at: now)
    } else if receivedUnacknowledged == 1 {
      acknowledgeAt = now + min(roundTrip / 8, 25_000_000)
    }
  }

  private func acknowledge(at now: UInt64) {
    acknowledgeAt = Self.never
    guard receivedUnacknowledged > 0 else { return }
    receivedUnacknowledged = 0
    // A little noise, so that nothing locks into step.
    let noise = UInt64.random(in: 0..<50_000, using: &random)
    let time = max(now + roundTrip / 2 + noise, acknowledgements.last?.time ?? 0)
    acknowledgements.append(
      Acknowledgement(end: log.count, time: time, delay: now - receivedAt))
  }

  // MARK: The sender

  private func send(at now: UInt64, through bottleneck: inout Bottleneck) {
    let time = MonotonicTime(nanoseconds: now)
    sendAt = Self.never
    while true {
      var train = controller.allowance(bytesInFlight: bytesInFlight, at: time)
      guard train >= Self.datagramBytes else { break }
      while train >= Self.datagramBytes {
        guard hasContent else {
          controller.applicationLimited(bytesInFlight: bytesInFlight)
          return
        }
        transmitOne(at: now, through: &bottleneck)
        train -= Self.datagramBytes
      }
    }
    if let next = controller.nextAllowance(at: time) { sendAt = max(next.nanoseconds, now + 1) }
  }

  private var hasContent: Bool {
    guard let contentMax else { return true }
    let outstanding = bytesInFlight / Self.datagramBytes * Self.contentBytes
    return acknowledgedContent + outstanding < contentMax
  }

  private func transmitOne(at now: UInt64, through bottleneck: inout Bottleneck) {
    let snapshot = controller.packetSent(
      bytes: Self.datagramBytes, bytesInFlight: bytesInFlight,
      at: MonotonicTime(nanoseconds: now))
    ring[next & (Self.ringSlots - 1)] = Record(snapshot: snapshot, isOutstanding: true)
    bytesInFlight += Self.datagramBytes
    sentPackets += 1
    if let (departure, isLost) = bottleneck.offer(Self.wireBytes, at: now), !isLost {
      arrivals.append(Arrival(number: next, time: departure + roundTrip / 2))
    }
    next += 1
    precondition(next - oldest < Self.ringSlots, "more in flight than the ring holds")
    armProbe(at: now)
  }

  private func armProbe(at now: UInt64) {
    let base = smoothedRTT > 0 ? smoothedRTT * 2 : 300e6
    probeAt = now + UInt64(base) + 50_000_000
  }

  private func process(_ acknowledgement: Acknowledgement) {
    let now = acknowledgement.time
    let time = MonotonicTime(nanoseconds: now)
    controller.beginAcknowledgement(at: time)
    var latest: UInt64?
    while logAcknowledged < acknowledgement.end {
      let number = Int(log[logAcknowledged])
      logAcknowledged += 1
      let record = ring[number & (Self.ringSlots - 1)]
      guard number >= oldest, record.isOutstanding else { continue }
      ring[number & (Self.ringSlots - 1)].isOutstanding = false
      bytesInFlight -= Self.datagramBytes
      acknowledgedContent += Self.contentBytes
      controller.packetAcknowledged(record.snapshot, bytes: Self.datagramBytes)
      largestAcknowledged = max(largestAcknowledged, number)
      latest = now - record.snapshot.sentAt.nanoseconds - acknowledgement.delay
    }
    if let latest {
      minRTT = min(minRTT, latest)
      smoothedRTT =
        smoothedRTT == 0 ? Double(latest) : smoothedRTT + (Double(latest) - smoothedRTT) / 8
    }
    let lostAt = detectLosses()
    controller.endAcknowledgement(
      bytesInFlight: bytesInFlight, latestRTT: latest.map { .nanoseconds(Int64($0)) },
      smoothedRTT: .nanoseconds(Int64(smoothedRTT)), minRTT: .nanoseconds(Int64(clamping: minRTT)),
      largestLostSentAt: lostAt, at: time)
    if bytesInFlight > 0 { armProbe(at: now) }
  }

  private func detectLosses() -> MonotonicTime? {
    var last: MonotonicTime?
    while oldest <= largestAcknowledged - Self.packetThreshold {
      let slot = oldest & (Self.ringSlots - 1)
      if ring[slot].isOutstanding {
        ring[slot].isOutstanding = false
        bytesInFlight -= Self.datagramBytes
        lostPackets += 1
        controller.packetLost(ring[slot].snapshot, bytes: Self.datagramBytes)
        last = ring[slot].snapshot.sentAt
      }
      oldest += 1
    }
    return last
  }
}

/// First in, first out; forgets what has left in large pieces.
struct Queue<Element> {
  private var elements: [Element] = []
  private var head = 0

  var first: Element? { head < elements.count ? elements[head] : nil }
  var last: Element? { head < elements.count ? elements.last : nil }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func removeFirst() {
    head += 1
    if head > 4096 && head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
  }
}
