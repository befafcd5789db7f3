import OrderedCollections
import Primitives

// Meetings, for `apply`.
extension PlaceState {
  /// What moves no position of the channel: who comes and goes is told beside the history.
  mutating func applyToMeetings(_ event: Event) {
    switch event.body {
    case .meetingJoined(let channel, let account):
      channels[channel]?.meeting?.join(account, at: event.at)
    case .meetingLeft(let channel, let account):
      channels[channel]?.meeting?.leave(account, at: event.at)
    case .meetingRemoved(let channel, let account):
      channels[channel]?.meeting?.remove(account)
    case .waitingRoomSet(let channel, let waitingRoom):
      channels[channel]?.waitingRoom = waitingRoom
    default: break
    }
  }

  /// Whether a meeting may begin: there is none, and somebody starts it.
  func mayStart(in channel: Channel, _ event: Event) -> Bool {
    channel.meeting == nil && !channel.isClosed && event.by != nil
  }

  /// - Parameter event: with the time that it got in its channel.
  mutating func start(_ meeting: MeetingID, in channel: ChannelID, _ event: Event) {
    guard let by = event.by else { return }
    channels[channel]?.meeting = Meeting(id: meeting, startedAt: event.at, by: by)
    nextMeeting = max(nextMeeting, MeetingID(meeting.rawValue + 1))
  }

  /// False when it is over already. The links that brought guests to it end with it.
  mutating func end(_ meeting: MeetingID, in channel: Channel) -> Bool {
    guard channel.meeting?.id == meeting else { return false }
    channels[channel.id]?.meeting = nil
    endGuestLinks(to: channel.id)
    return true
  }

  mutating func endGuestLinks(to channel: ChannelID) {
    guard invitations.values.contains(where: { $0.channel == channel }) else { return }
    invitations.removeAll { $0.value.channel == channel }
    invitationsBySecret.removeAll { invitations[$0.value] == nil }
  }
}
