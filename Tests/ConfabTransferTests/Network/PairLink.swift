import ConfabTransfer
import Primitives

/// What one direction of a path does to datagrams.
struct LinkConditions {
  var delay: Duration = .milliseconds(10)
  /// Added to the delay, evenly spread; datagrams keep their order all the same.
  var jitter: Duration = .zero
  var loss = 0.0
  /// Losses come in bursts: the chance that a burst begins, and that it ends, at each datagram.
  var burstBegins = 0.0
  var burstEnds = 0.3
  /// The chance to be held back, and for how long: later ones overtake.
  var reorder = 0.0
  var reorderDelay: Duration = .milliseconds(5)
  var duplicate = 0.0
  /// The chance that a bit is flipped.
  var corrupt = 0.0
  /// Bytes a second; nil for no limit.
  var rate: Double?
  /// What waits for the rate; more is dropped.
  var queueBytes = 128 << 10
  /// Datagrams larger than this vanish without a word.
  var datagramBytesMax = 1_472
  /// A token bucket that drops what is above its rate and delays nothing: bytes a second and bytes.
  var policer: (rate: Double, burst: Double)?
  /// Nothing passes in these times since the beginning.
  var blackouts: [Range<UInt64>] = []
  /// From then on the largest datagram is another.
  var shrinks: (at: UInt64, datagramBytesMax: Int)?
}

/// One direction of a path.
struct PairLink {
  var conditions: LinkConditions
  private var isInBurst = false
  /// When the last byte accepted will have left the queue.
  private var busyUntil: Double = 0
  private var lastArrival: UInt64 = 0
  private var tokens = 0.0
  private var tokensAt: UInt64 = 0
  private(set) var accepted = 0
  private(set) var dropped = 0

  init(_ conditions: LinkConditions) {
    self.conditions = conditions
    tokens = conditions.policer?.burst ?? 0
  }

  /// When the datagram arrives; empty when it does not, two times when it does twice.
  mutating func send(bytes: Int, at now: UInt64, _ chance: inout SeededRandom) -> [UInt64] {
    accepted += 1
    guard survives(bytes: bytes, at: now, &chance) else {
      dropped += 1
      return []
    }
    var leaves = Double(now)
    if let rate = conditions.rate {
      // 28 bytes of IP and UDP headers take their time too.
      let waiting = max(0, busyUntil - Double(now)) * rate / 1e9
      guard waiting <= Double(conditions.queueBytes) else {
        dropped += 1
        return []
      }
      busyUntil = max(busyUntil, Double(now)) + Double(bytes + 28) * 1e9 / rate
      leaves = busyUntil
    }
    var arrival = UInt64(leaves) + UInt64(conditions.delay.nanoseconds)
    if conditions.jitter > .zero {
      arrival += UInt64.random(in: 0...UInt64(conditions.jitter.nanoseconds), using: &chance)
    }
    if conditions.reorder > 0, chance.chance(conditions.reorder) {
      arrival += UInt64(conditions.reorderDelay.nanoseconds)
    } else {
      arrival = max(arrival, lastArrival)
      lastArrival = arrival
    }
    if conditions.duplicate > 0, chance.chance(conditions.duplicate) {
      return [arrival, arrival + 1_000_000]
    }
    return [arrival]
  }

  private mutating func survives(
    bytes: Int, at now: UInt64, _ chance: inout SeededRandom
  ) -> Bool {
    var largest = conditions.datagramBytesMax
    if let shrinks = conditions.shrinks, now >= shrinks.at { largest = shrinks.datagramBytesMax }
    if bytes > largest || conditions.blackouts.contains(where: { $0.contains(now) }) {
      return false
    }
    if conditions.burstBegins > 0 {
      isInBurst =
        isInBurst
        ? !chance.chance(conditions.burstEnds) : chance.chance(conditions.burstBegins)
      if isInBurst { return false }
    }
    if conditions.loss > 0, chance.chance(conditions.loss) { return false }
    if let policer = conditions.policer {
      tokens = min(policer.burst, tokens + Double(now - tokensAt) * policer.rate / 1e9)
      tokensAt = now
      guard tokens >= Double(bytes) else { return false }
      tokens -= Double(bytes)
    }
    return true
  }
}
