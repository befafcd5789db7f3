/// How loud a microphone is, from the levels in its packets' headers (RFC 6464): a share of loud packets
/// in a window makes speech, so that a cough does not, and a pause for breath does not end it.
struct SpeechLevel {
  static let windowNanoseconds: UInt64 = 400_000_000
  /// −dBov: packets at least so loud count.
  static let activeLevelMax: UInt8 = 35
  static let activePercentMin = 40

  /// Decibels a second by which `recent` falls: a pause for breath costs nobody their place.
  private static let fallPerSecond = 30.0

  private var peak = 0.0
  private var windowBegan: UInt64 = 0
  private var packets = 0
  private var activePackets = 0
  /// Of the active packets: 127 − level, summed.
  private var loudness = 0
  /// 0 for silence, up to 127; over several windows.
  private(set) var smoothed = 0.0
  private(set) var isActive = false
  private var lastPacket: UInt64 = 0

  mutating func add(level: UInt8, at now: UInt64) {
    settle(at: now)
    peak = max(Double(127 - min(level, 127)), recent(at: now))
    lastPacket = now
    packets += 1
    guard level <= Self.activeLevelMax else { return }
    activePackets += 1
    loudness += Int(127 - level)
  }

  /// The level of the loudest packet lately, 0 for silence, up to 127. It rises with a packet and falls with
  /// time, so that whoever begins to speak is known at once, however quietly.
  func recent(at now: UInt64) -> Double {
    let elapsed = Double(now - min(now, lastPacket)) / 1e9
    return max(0, peak - Self.fallPerSecond * elapsed)
  }

  /// Closes the window when its time is over. Silence may have no packets at all (DTX), so it is asked
  /// for by the clock, too.
  mutating func settle(at now: UInt64) {
    if windowBegan == 0 { windowBegan = now }
    guard now >= windowBegan + Self.windowNanoseconds else { return }
    isActive = packets > 0 && activePackets * 100 >= packets * Self.activePercentMin
    let level = isActive ? Double(loudness) / Double(activePackets) : 0
    smoothed += (level - smoothed) * (level > smoothed ? 0.5 : 0.25)
    if !isActive, smoothed < 1 { smoothed = 0 }
    windowBegan = now
    packets = 0
    activePackets = 0
    loudness = 0
  }
}
