import Primitives

/// Answers for one address in a second, so that a forged source is not flooded through us.
struct AddressQuota {
  static let answersPerSecondMax = 50
  /// Past so many addresses in one second, newcomers wait for the next.
  static let addressesMax = 4_096

  private var windowEnd = MonotonicTime(nanoseconds: 0)
  private var answers: [[UInt8]: Int] = [:]

  /// - Parameter address: 4 bytes, or 16 of which the first 8 count: one person has a whole /64.
  mutating func take(address: [UInt8], at now: MonotonicTime) -> Bool {
    if now >= windowEnd {
      windowEnd = now + .seconds(1)
      answers.removeAll(keepingCapacity: true)
    }
    let key = Array(address.prefix(address.count == 4 ? 4 : 8))
    guard answers[key] != nil || answers.count < Self.addressesMax else { return false }
    let count = answers[key, default: 0]
    guard count < Self.answersPerSecondMax else { return false }
    answers[key] = count + 1
    return true
  }
}
