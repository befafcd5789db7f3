import Primitives

/// The narrow place of a path: a rate, a queue that drops its tail, loss by chance, and perhaps a
/// policer. Virtual time in nanoseconds; nothing but the seed decides what is lost.
struct Bottleneck: Sendable {
  /// A meter that drops what exceeds a rate, without any queue.
  struct Policer: Sendable {
    var bytesPerSecond: Double
    var burstBytes: Double
    var tokens: Double
    var filledAt: UInt64 = 0

    init(bytesPerSecond: Double, burstBytes: Double) {
      self.bytesPerSecond = bytesPerSecond
      self.burstBytes = burstBytes
      tokens = burstBytes
    }

    mutating func admits(_ bytes: Int, at now: UInt64) -> Bool {
      tokens = min(burstBytes, tokens + bytesPerSecond * Double(now - filledAt) / 1e9)
      filledAt = now
      guard tokens >= Double(bytes) else { return false }
      tokens -= Double(bytes)
      return true
    }
  }

  var bytesPerSecond: Double
  var queueBytesMax: Double
  /// Probability that a packet is lost behind the queue.
  var loss = 0.0
  /// With bursts, a loss takes so many packets on average; the share lost stays `loss`.
  var burstPackets = 1.0
  var policer: Policer?
  private var random: SeededRandom
  private var freeAt: UInt64 = 0
  private var isInBurst = false

  private(set) var dropped = 0
  private(set) var offered = 0
  /// Bytes that have left the queue, for utilisation.
  private(set) var servedBytes = 0
  private(set) var delaySum = 0.0
  private(set) var delayCount = 0
  private(set) var delayMaxNanoseconds: UInt64 = 0

  init(bytesPerSecond: Double, queueBytesMax: Double, seed: UInt64) {
    self.bytesPerSecond = bytesPerSecond
    self.queueBytesMax = queueBytesMax
    random = SeededRandom(seed: seed)
  }

  /// When the packet leaves the queue, and whether it gets through; nil when the queue is full.
  mutating func offer(_ bytes: Int, at now: UInt64) -> (departure: UInt64, isLost: Bool)? {
    offered += 1
    if policer != nil, policer?.admits(bytes, at: now) == false {
      dropped += 1
      return nil
    }
    let waiting = freeAt > now ? freeAt - now : 0
    let backlog = Double(waiting) * bytesPerSecond / 1e9
    guard backlog + Double(bytes) <= queueBytesMax else {
      dropped += 1
      return nil
    }
    delaySum += Double(waiting)
    delayCount += 1
    delayMaxNanoseconds = max(delayMaxNanoseconds, waiting)
    freeAt = max(freeAt, now) + UInt64(Double(bytes) * 1e9 / bytesPerSecond)
    servedBytes += bytes
    return (freeAt, isLostByChance())
  }

  var delayMeanMilliseconds: Double { delaySum / Double(max(1, delayCount)) / 1e6 }

  mutating func resetStatistics() {
    (dropped, offered, servedBytes, delaySum, delayCount, delayMaxNanoseconds) = (0, 0, 0, 0, 0, 0)
  }

  private mutating func isLostByChance() -> Bool {
    guard loss > 0 else { return false }
    guard burstPackets > 1 else { return random.chance(loss) }
    // Gilbert's model: everything is lost in the bad state, nothing in the good one.
    if isInBurst {
      isInBurst = !random.chance(1 / burstPackets)
    } else {
      isInBurst = random.chance(loss / ((1 - loss) * burstPackets))
    }
    return isInBurst
  }
}
