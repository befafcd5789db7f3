import NIOConcurrencyHelpers

/// How many connections there may be: in all, and of strangers from one address.
final class ConnectionQuota: Sendable {
  /// An IPv4 address or an IPv6 network of 64 bits: what one person can have.
  struct Key: Hashable, Sendable {
    fileprivate let bytes: [UInt8]

    /// - Parameter address: 4 or 16 bytes.
    init(address: [UInt8]) {
      bytes = Array(address.prefix(address.count == 4 ? 4 : 8))
    }
  }

  private struct State {
    var connections = 0
    var strangers: [Key: Int] = [:]
  }

  private let state = NIOLockedValueBox(State())
  private let metrics: ServerMetrics

  init(metrics: ServerMetrics) {
    self.metrics = metrics
  }

  /// False when the connection must not be taken.
  func admit(_ key: Key) -> Bool {
    let isAdmitted = state.withLockedValue { state in
      guard state.connections < ServerLimits.connectionsMax,
        state.strangers[key, default: 0] < ServerLimits.strangersPerAddressMax
      else { return false }
      state.connections += 1
      state.strangers[key, default: 0] += 1
      return true
    }
    if isAdmitted {
      metrics.accepted.add()
      metrics.connections.add()
    } else {
      metrics.refused.add()
    }
    return isAdmitted
  }

  /// A connection that was admitted is a stranger's again; false when there are too many.
  func strangerCame(_ key: Key) -> Bool {
    state.withLockedValue { state in
      guard state.strangers[key, default: 0] < ServerLimits.strangersPerAddressMax else {
        return false
      }
      state.strangers[key, default: 0] += 1
      return true
    }
  }

  /// Signed in, or gone.
  func strangerLeft(_ key: Key) {
    state.withLockedValue { state in
      guard let count = state.strangers[key] else { return }
      state.strangers[key] = count > 1 ? count - 1 : nil
    }
  }

  func connectionEnded() {
    state.withLockedValue { $0.connections -= 1 }
    metrics.connections.add(-1)
  }
}
