package import OrderedCollections
package import Primitives

package struct MeetingID: Identifier {
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Who waits before a channel's meetings until a host lets them in. Hosts never do.
package enum WaitingRoom: String, Hashable, Sendable, Codable {
  case guests
  case everybody
  case nobody
}

/// A meeting that goes on. Who is heard and seen is not for the journal: only who was there, and when.
package struct Meeting: Sendable, Codable, Equatable {
  package let id: MeetingID
  package let startedAt: WallTime
  /// Who started it, and so is one of its hosts.
  package let by: AccountID
  /// Everybody who was in it so far, in the order of coming, the first `Limits.attendancesMax`.
  package private(set) var attendances: OrderedDictionary<AccountID, Attendance> = [:]
  /// Put out for as long as it goes on.
  package private(set) var removed: OrderedSet<AccountID> = []

  package struct Attendance: Hashable, Sendable, Codable {
    package var from: WallTime
    /// Nil while they are there.
    package var until: WallTime?
  }

  init(id: MeetingID, startedAt: WallTime, by: AccountID) {
    self.id = id
    self.startedAt = startedAt
    self.by = by
  }

  mutating func join(_ account: AccountID, at time: WallTime) {
    guard attendances[account] != nil || attendances.count < Limits.attendancesMax else { return }
    attendances[account, default: Attendance(from: time)].until = nil
  }

  mutating func leave(_ account: AccountID, at time: WallTime) {
    guard attendances[account]?.until == nil else { return }
    attendances[account]?.until = time
  }

  mutating func remove(_ account: AccountID) { removed.append(account) }

  /// The newest time that is known of it.
  package var lastSeenAt: WallTime {
    attendances.values.reduce(startedAt) { max($0, $1.until ?? $1.from) }
  }

  package func end(_ reason: MeetingEnd.Reason, at time: WallTime) -> MeetingEnd {
    let time = max(time, lastSeenAt)
    return MeetingEnd(
      id: id, reason: reason, startedAt: startedAt, endedAt: time,
      attendances: attendances.map {
        .init(account: $0.key, from: $0.value.from, until: $0.value.until ?? time)
      })
  }
}

/// What a room's history keeps of a meeting.
package struct MeetingEnd: Hashable, Sendable {
  package enum Reason: String, Hashable, Sendable {
    /// Everybody had left.
    case empty
    /// By a host.
    case ended
    case serverStopped
    case roomClosed
  }

  package struct Attendance: Hashable, Sendable {
    package var account: AccountID
    package var from: WallTime
    package var until: WallTime

    package init(account: AccountID, from: WallTime, until: WallTime) {
      self.account = account
      self.from = from
      self.until = until
    }
  }

  package var id: MeetingID
  package var reason: Reason
  package var startedAt: WallTime
  package var endedAt: WallTime
  package var attendances: [Attendance]

  package init(
    id: MeetingID, reason: Reason, startedAt: WallTime, endedAt: WallTime,
    attendances: [Attendance]
  ) {
    self.id = id
    self.reason = reason
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.attendances = attendances
  }
}
