/// How long the way there and back takes (RFC 9002 §5), in nanoseconds: durations of 128 bits would
/// cost more than they tell, at every acknowledgement.
package struct RoundTrip: Sendable {
  /// kGranularity (RFC 9002 §6.1.2): what a timer resolves.
  package static let granularity: UInt64 = 1_000_000
  /// max_ack_delay (RFC 9000 §18.2): longer no acknowledgement is held back.
  package static let acknowledgementDelayMax: UInt64 = 25_000_000
  /// Assumed until something was measured. RFC 9002 §6.2.2 says 333 ms; a transfer follows an
  /// exchange through the server, so a lost first flight may be noticed sooner.
  package static let initial: UInt64 = 100_000_000

  package private(set) var latest: UInt64
  package private(set) var smoothed: UInt64
  package private(set) var variation: UInt64
  package private(set) var minimum: UInt64
  package private(set) var hasSample = false

  package init() {
    (latest, smoothed, minimum) = (Self.initial, Self.initial, Self.initial)
    variation = Self.initial / 2
  }

  package mutating func update(_ sample: UInt64, acknowledgementDelay: UInt64 = 0) {
    let sample = max(1, sample)
    latest = sample
    guard hasSample else {
      hasSample = true
      (smoothed, minimum, variation) = (sample, sample, sample / 2)
      return
    }
    minimum = min(minimum, sample)
    let delay = min(acknowledgementDelay, Self.acknowledgementDelayMax)
    let adjusted = sample >= minimum + delay ? sample - delay : sample
    let deviation = smoothed > adjusted ? smoothed - adjusted : adjusted - smoothed
    variation = (3 * variation + deviation) / 4
    smoothed = (7 * smoothed + adjusted) / 8
  }

  /// The probe timeout before any backing off (RFC 9002 §6.2.1).
  package var probeTimeout: UInt64 {
    smoothed + max(4 * variation, Self.granularity) + Self.acknowledgementDelayMax
  }
}
