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
  private var addresses: OrderedDictionary<NetworkPrefix, Window> = [:]
  private var unknownNames: OrderedDictionary<String, SignInFailures> = [:]

  init(options: HubOptions) { self.options = options }

  /// How long an address must wait, if it must.
  func wait(for address: String, at now: MonotonicTime) -> Duration? {
    guard let window = addresses[NetworkPrefix(of: address)],
      window.failures >= options.addressFailuresPerMinuteMax
    else { return nil }
    let left = HubLimits.addressWindow - now.since(window.began)
    return left > .zero ? left : nil
  }

  mutating func countFailure(of address: String, at now: MonotonicTime) {
    let network = NetworkPrefix(of: address)
    var window = addresses[network] ?? Window(began: now, failures: 0)
    if now.since(window.began) >= HubLimits.addressWindow {
      window = Window(began: now, failures: 0)
    }
    window.failures += 1
    addresses[network] = window
    if addresses.count > HubLimits.addressesMax { addresses.removeFirst() }
  }

  /// What an account of that name, which is nobody's, would have.
  func failures(ofUnknown name: String) -> SignInFailures? { unknownNames[name] }

  /// Returns the length of the lockout that this failure began, if it did.
  mutating func countFailure(ofUnknown name: String, at time: WallTime) -> Duration? {
    var failures = unknownNames[name] ?? SignInFailures()
    failures.count()
    var began: Duration?
    if failures.inARow >= options.failedSignInsMax {
      let lockout = failures.nextLockout(base: options.lockout, at: time)
      failures.lock(from: time, until: time + lockout)
      began = lockout
    }
    unknownNames[name] = failures
    if unknownNames.count > HubLimits.unknownNamesMax { unknownNames.removeFirst() }
    return began
  }
}
