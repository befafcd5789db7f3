import ConfabDomain
import Primitives
import SwiftProtobuf

// Meetings, in both directions.

extension JournalEntry.OneOf_Event {
  /// - Precondition: the event is a meeting's.
  init(meeting body: Event.Body) {
    switch body {
    case .meetingStarted(let channel, let meeting):
      self = .meetingStarted(
        .with { ($0.channel, $0.meeting) = (channel.rawValue, meeting.rawValue) })
    case .meetingEnded(let channel, let end): self = .meetingEnded(.init(end, in: channel))
    case .meetingJoined(let channel, let account):
      self = .meetingJoined(.init(channel, account))
    case .meetingLeft(let channel, let account): self = .meetingLeft(.init(channel, account))
    case .meetingRemoved(let channel, let account):
      self = .meetingRemoved(.init(channel, account))
    case .waitingRoomSet(let channel, let waitingRoom):
      self = .waitingRoomSet(
        .with { ($0.channel, $0.waitingRoom) = (channel.rawValue, .init(waitingRoom)) })
    default: preconditionFailure("no event of a meeting")
    }
  }
}

extension JournalMeetingEnded {
  init(_ end: MeetingEnd, in channel: ChannelID) {
    self.init()
    self.channel = channel.rawValue
    meeting = end.id.rawValue
    reason = .init(end.reason)
    startedAt = end.startedAt.millisecondsSinceEpoch
    endedAt = end.endedAt.millisecondsSinceEpoch
    attendances = end.attendances.map { attendance in
      .with {
        $0.account = attendance.account.rawValue
        $0.from = attendance.from.millisecondsSinceEpoch
        $0.until = attendance.until.millisecondsSinceEpoch
      }
    }
  }

  var value: MeetingEnd {
    get throws {
      MeetingEnd(
        id: MeetingID(meeting), reason: try reason.value,
        startedAt: WallTime(millisecondsSinceEpoch: startedAt),
        endedAt: WallTime(millisecondsSinceEpoch: endedAt),
        attendances: attendances.map {
          MeetingEnd.Attendance(
            account: AccountID($0.account), from: WallTime(millisecondsSinceEpoch: $0.from),
            until: WallTime(millisecondsSinceEpoch: $0.until))
        })
    }
  }
}

extension JournalMeetingEndReason {
  fileprivate init(_ reason: MeetingEnd.Reason) {
    switch reason {
    case .empty: self = .empty
    case .ended: self = .ended
    case .serverStopped: self = .serverStopped
    case .roomClosed: self = .roomClosed
    }
  }

  fileprivate var value: MeetingEnd.Reason {
    get throws {
      switch self {
      case .empty: .empty
      case .ended: .ended
      case .serverStopped: .serverStopped
      case .roomClosed: .roomClosed
      case .unspecified, .UNRECOGNIZED: throw ValueUnreadable()
      }
    }
  }
}

extension JournalWaitingRoom {
  init(_ waitingRoom: WaitingRoom) {
    switch waitingRoom {
    case .guests: self = .guests
    case .everybody: self = .everybody
    case .nobody: self = .nobody
    }
  }

  var value: WaitingRoom {
    get throws {
      switch self {
      case .guests: .guests
      case .everybody: .everybody
      case .nobody: .nobody
      case .unspecified, .UNRECOGNIZED: throw ValueUnreadable()
      }
    }
  }
}
