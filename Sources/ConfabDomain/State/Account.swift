package import OrderedCollections
package import Primitives

/// A person.
package struct Account: Sendable, Codable, Equatable {
  package let id: AccountID
  package let name: Name
  package var role: Role
  package var password: PasswordHash
  package var isDisabled = false
  package let createdAt: WallTime
  /// Every channel that the person is a member of, in the order of joining.
  package var channels: OrderedSet<ChannelID> = []
  package var sessions: OrderedSet<SessionID> = []
  package var devices: OrderedSet<DeviceID> = []
  /// Failures of strangers: of everything but devices that signed in before.
  package var failures = SignInFailures()

  init(_ new: NewAccount, at: WallTime) {
    id = new.id
    name = new.name
    role = new.role
    password = new.password
    createdAt = at
  }
}

/// Failures in a row, and the lockout that followed.
package struct SignInFailures: Sendable, Codable, Equatable {
  package var inARow = 0
  package var lockedUntil: WallTime?
  /// How long the last lockout was, so that the next soon after can be longer.
  package var lastLockout: Duration?

  package init() {}

  /// How much of a lockout is left, if there is one.
  package func lockoutLeft(at time: WallTime) -> Duration? {
    guard let lockedUntil, let lastLockout, time < lockedUntil else { return nil }
    let left = lockedUntil.since(time)
    // More than there ever was: the clock was set back, and nobody shall wait for a year.
    return left <= lastLockout + Periods.clockSlack ? left : nil
  }

  /// The length of a lockout that begins now: the base, or twice the last one's within an hour of
  /// it, up to five minutes.
  package func nextLockout(base: Duration, at time: WallTime) -> Duration {
    guard let lastLockout, let lockedUntil, time < lockedUntil + Periods.lockoutMemory else {
      return base
    }
    return max(base, min(lastLockout * 2, Periods.lockoutMax))
  }

  package mutating func count() { inARow += 1 }

  package mutating func lock(from: WallTime, until: WallTime) {
    inARow = 0
    lastLockout = until.since(from)
    lockedUntil = until
  }
}

/// A device that signed in for an account.
package struct Device: Sendable, Codable, Equatable {
  package let id: DeviceID
  package let account: AccountID
  package let keys: DeviceKeys
  package let registeredAt: WallTime
  /// Its own failures: strangers cannot lock out a device that signed in before.
  package var failures = SignInFailures()
}

package struct Session: Sendable, Codable, Equatable {
  package let id: SessionID
  package let account: AccountID
  package let device: DeviceID?
  package let tokenHash: [UInt8]
  package let address: String
  package let openedAt: WallTime
}

package struct Invitation: Sendable, Codable, Equatable {
  package let id: InvitationID
  package let secretHash: [UInt8]
  package let role: Role
  package var usesLeft: UInt32
  package let expiresAt: WallTime?
  package let by: AccountID?
  /// Where guests come to; nil for everybody else.
  package let channel: ChannelID?

  package func isGood(at time: WallTime) -> Bool {
    usesLeft > 0 && (expiresAt.map { time < $0 } ?? true)
  }
}
