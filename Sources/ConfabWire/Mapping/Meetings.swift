package import ConfabDomain
import Primitives
import SwiftProtobuf

extension WireMeetingEnded {
  init(_ end: MeetingEnd, name: (AccountID) -> String) {
    self.init()
    meeting = end.id.rawValue
    startedAt = end.startedAt.millisecondsSinceEpoch
    endedAt = end.endedAt.millisecondsSinceEpoch
    reason = WireMeetingEndReason(end.reason)
    count = UInt32(clamping: end.attendances.count)
    attendances = end.attendances.prefix(WireLimits.attendancesMax).map { attendance in
      .with {
        $0.name = name(attendance.account)
        $0.from = attendance.from.millisecondsSinceEpoch
        $0.until = attendance.until.millisecondsSinceEpoch
      }
    }
  }
}

extension WireMeetingEndReason {
  fileprivate init(_ reason: MeetingEnd.Reason) {
    switch reason {
    case .empty: self = .empty
    case .ended: self = .ended
    case .serverStopped: self = .serverStopped
    case .roomClosed: self = .roomClosed
    }
  }
}

extension WireWaitingRoom {
  package init(_ waitingRoom: WaitingRoom) {
    switch waitingRoom {
    case .guests: self = .guests
    case .everybody: self = .everybody
    case .nobody: self = .nobody
    }
  }
}

extension WaitingRoom {
  /// Nil for one that this version does not know, or none.
  package init?(_ waitingRoom: WireWaitingRoom) {
    switch waitingRoom {
    case .guests: self = .guests
    case .everybody: self = .everybody
    case .nobody: self = .nobody
    case .unspecified, .UNRECOGNIZED: return nil
    }
  }
}
