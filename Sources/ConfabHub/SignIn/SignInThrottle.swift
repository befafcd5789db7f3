import ConfabDomain
import OrderedCollections
import Primitives

/// What slows guessing down and is nobody's account: failures of addresses, and of names that do not
/// exist but must behave as if they did. Both tables are bounded and forget the oldest first.
struct SignInThrottle: Sendable {
  private struct Window: Sendable {
    var began: MonotonicTime
    var failures: Int
  }

  private let options: HubOptions
  private var addresses: OrderedDictionary<String, Window> = [:]
  private var unknownNames: OrderedDictionary<String, UnknownName> = [:]

  private struct UnknownName: Sendable {
    var inARow = 0
    var lockedUntil: WallTime?
    var lastLockout: Duration?
  }

  init(options: HubOptions) { self.options = options }

  /// How long an address must wait, if it must.
  func wait(for address: String, at now: MonotonicTime) -> Duration? {
    guard let window = addresses[Self.network(of: address)],
      window.failures >= options.addressFailuresPerMinuteMax
    else { return nil }
    let left = HubLimits.addressWindow - now.since(window.began)
    return left > .zero ? left : nil
  }

  mutating func countFailure(of address: String, at now: MonotonicTime) {
    let network = Self.network(of: address)
    var window = addresses[network] ?? Window(began: now, failures: 0)
    if now.since(window.began) >= HubLimits.addressWindow { window = Window(began: now, failures: 0) }
    window.failures += 1
    addresses[network] = window
    if addresses.count > HubLimits.addressesMax { addresses.removeFirst() }
  }

  /// How long a name that is nobody's is locked for, as an account of that name would be.
  func lockout(ofUnknown name: String, at time: WallTime) -> Duration? {
    guard let until = unknownNames[name]?.lockedUntil, time < until else { return nil }
    return until.since(time)
  }

  /// Returns the length of the lockout that this failure began, if it did.
  mutating func countFailure(ofUnknown name: String, at time: WallTime) -> Duration? {
    var known = unknownNames[name] ?? UnknownName()
    known.inARow += 1
    var began: Duration?
    if known.inARow >= options.failedSignInsMax {
      var length = options.lockout
      if let until = known.lockedUntil, let last = known.lastLockout,
        time < until + Periods.lockoutMemory
      {
        length = max(length, min(last * 2, Periods.lockoutMax))
      }
      known = UnknownName(inARow: 0, lockedUntil: time + length, lastLockout: length)
      began = length
    }
    unknownNames[name] = known
    if unknownNames.count > HubLimits.unknownNamesMax { unknownNames.removeFirst() }
    return began
  }

  /// One customer of a provider has a /64 of IPv6 addresses to choose from.
  private static func network(of address: String) -> String {
    guard address.contains(":") else { return address }
    let groups = address.split(separator: ":", omittingEmptySubsequences: false)
    guard !address.contains("::") else {
      let head = address.prefix(while: { $0 != ":" })
      let parts = address.components(before: "::").split(separator: ":")
      return parts.isEmpty ? String(head) + "::" : parts.prefix(4).joined(separator: ":")
    }
    return groups.prefix(4).joined(separator: ":")
  }
}

extension String {
  fileprivate func components(before separator: String) -> Substring {
    var end = startIndex
    while end < endIndex, !self[end...].hasPrefix(separator) { end = index(after: end) }
    return self[..<end]
  }
}
