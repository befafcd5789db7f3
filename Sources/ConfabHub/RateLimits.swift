import ConfabDomain
import Primitives

/// A token bucket for each account: a steady rate, and a burst after a rest.
struct RateLimits: Sendable {
  private struct Bucket: Sendable {
    var tokens: Double
    var at: MonotonicTime
  }

  private let perSecond: Double
  private let burst: Double
  private var buckets: [AccountID: Bucket] = [:]

  init(perSecond: Int, burst: Int) {
    self.perSecond = Double(max(1, perSecond))
    self.burst = Double(max(1, burst))
  }

  /// Takes tokens, or says how long until there are so many.
  mutating func take(
    _ account: AccountID, _ cost: Double = 1, at now: MonotonicTime
  ) -> Duration? {
    // However dear, it goes through after a rest.
    let cost = min(cost, burst)
    var bucket = buckets[account] ?? Bucket(tokens: burst, at: now)
    let rested = Double(now.since(bucket.at).nanoseconds) / 1e9
    bucket.tokens = min(burst, bucket.tokens + rested * perSecond)
    bucket.at = now
    defer { buckets[account] = bucket }
    guard bucket.tokens >= cost else {
      let wait = (cost - bucket.tokens) / perSecond
      return .nanoseconds(Int64(wait * 1e9) + 1)
    }
    bucket.tokens -= cost
    return nil
  }
}
