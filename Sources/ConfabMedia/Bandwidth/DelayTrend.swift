/// Sees a queue grow on the way to a viewer before it overflows: the trend of the delay between groups
/// of packets (draft-ietf-rmcat-gcc-02 §5.1–5.4, with a regression line in place of the Kalman filter).
struct DelayTrend {
  enum Usage {
    case normal
    case overuse
    case underuse
  }

  /// Packets sent within this time are one group.
  private static let burstNanoseconds: Int64 = 5_000_000
  private static let samplesMax = 20
  private static let smoothing = 0.9
  private static let gain = 4.0
  // Of the threshold, in milliseconds (§5.4): it rises fast, so that a flow that fills queues does not
  // starve us, and falls slowly.
  private static let thresholdRange = 6.0...600.0
  private static let thresholdRise = 0.0087
  private static let thresholdFall = 0.039
  private static let overuseMilliseconds = 10.0

  private struct Group {
    var firstSent: Int64 = 0
    var lastSent: Int64 = 0
    var lastArrival: Int64 = 0
  }

  private struct Sample {
    var time: Double
    var delay: Double
  }

  private(set) var usage = Usage.normal
  private var group: Group?
  private var groupBefore: Group?
  private var accumulated = 0.0
  private var smoothed = 0.0
  private var samples: [Sample] = []
  private var sampleCount = 0
  private var threshold = 12.5
  private var lastUpdate: Double?
  private var overuseFor = 0.0
  private var trendBefore = 0.0

  init() { samples.reserveCapacity(Self.samplesMax + 1) }

  /// - Parameters: both on their own clock, in nanoseconds, in the order of sending.
  mutating func packet(sent: Int64, arrived: Int64) {
    guard var current = group else {
      group = Group(firstSent: sent, lastSent: sent, lastArrival: arrived)
      return
    }
    // Sent before the group: reordered, of no use.
    guard sent >= current.firstSent else { return }
    if sent - current.firstSent <= Self.burstNanoseconds {
      current.lastSent = max(current.lastSent, sent)
      current.lastArrival = max(current.lastArrival, arrived)
      group = current
      return
    }
    if let before = groupBefore {
      let sentDelta = Double(current.lastSent - before.lastSent) / 1e6
      let arrivalDelta = Double(current.lastArrival - before.lastArrival) / 1e6
      // A clock that jumped.
      if arrivalDelta > -100, arrivalDelta < 3_000 {
        update(arrivalDelta - sentDelta, arrivedAt: Double(current.lastArrival) / 1e6, sentDelta)
      }
    }
    groupBefore = current
    group = Group(firstSent: sent, lastSent: sent, lastArrival: arrived)
  }

  private mutating func update(_ variation: Double, arrivedAt time: Double, _ sentDelta: Double) {
    sampleCount += 1
    accumulated += variation
    smoothed = Self.smoothing * smoothed + (1 - Self.smoothing) * accumulated
    samples.append(Sample(time: time, delay: smoothed))
    if samples.count > Self.samplesMax { samples.removeFirst() }
    guard samples.count == Self.samplesMax else { return }
    let trend = slope() * Double(min(sampleCount, 60)) * Self.gain
    judge(trend, after: sentDelta)
    adapt(to: trend, at: time)
  }

  private func slope() -> Double {
    let count = Double(samples.count)
    let meanTime = samples.reduce(0) { $0 + $1.time } / count
    let meanDelay = samples.reduce(0) { $0 + $1.delay } / count
    var above = 0.0
    var below = 0.0
    for sample in samples {
      above += (sample.time - meanTime) * (sample.delay - meanDelay)
      below += (sample.time - meanTime) * (sample.time - meanTime)
    }
    return below == 0 ? 0 : above / below
  }

  private mutating func judge(_ trend: Double, after interval: Double) {
    defer { trendBefore = trend }
    if trend > threshold {
      overuseFor += interval
      if overuseFor > Self.overuseMilliseconds, trend >= trendBefore { usage = .overuse }
    } else {
      overuseFor = 0
      usage = trend < -threshold ? .underuse : .normal
    }
  }

  private mutating func adapt(to trend: Double, at time: Double) {
    defer { lastUpdate = time }
    // A spike that is far off, such as a change of route, is no reason.
    guard let lastUpdate, abs(trend) <= threshold + 15 else { return }
    let rate = abs(trend) < threshold ? Self.thresholdFall : Self.thresholdRise
    threshold += rate * (abs(trend) - threshold) * min(max(0, time - lastUpdate), 100)
    threshold = min(max(threshold, Self.thresholdRange.lowerBound), Self.thresholdRange.upperBound)
  }
}
