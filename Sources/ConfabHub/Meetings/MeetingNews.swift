import ConfabDomain
import OrderedCollections
import Primitives

// Who is told of a meeting, and what.
extension Hub {
  /// The connections of those in it and of those who watch it.
  func audience(of meeting: LiveMeeting) -> [ConnectionID] {
    var all = meetings.watchers(of: meeting.channel)
    for participant in meeting.participants.values where !participant.isWaiting {
      if let connection = participant.connection { all.append(connection) }
    }
    return Array(all)
  }

  /// Those of the audience who may know who waits.
  private func hosts(of meeting: LiveMeeting) -> [ConnectionID] {
    guard let channel = state.channels[meeting.channel] else { return [] }
    return audience(of: meeting).filter { id in
      connections[id]?.account.map { state.isHost($0, of: channel) } ?? false
    }
  }

  /// Says how a participant stands now.
  mutating func tellParticipant(_ party: MediaParty, by host: AccountID?) {
    guard let meeting = meetings[party.meeting], let participant = meetings.participant(party)
    else { return }
    let notice = Notice.participantChanged(
      meeting.id, view(of: participant, in: meeting), by: state.name(of: host))
    let listeners = participant.isWaiting ? hosts(of: meeting) : audience(of: meeting)
    if !listeners.isEmpty { hold(.notifyAll(listeners, notice)) }
  }

  mutating func tellDeparture(
    of participant: Participant, _ id: MeetingID, _ departure: MeetingDeparture, by: String
  ) {
    guard let meeting = meetings[id] else { return }
    let listeners = participant.isWaiting ? hosts(of: meeting) : audience(of: meeting)
    guard !listeners.isEmpty else { return }
    hold(.notifyAll(listeners, .participantLeft(id, participant.id, departure, by: by)))
  }

  /// The first so many, for one frame, and the others.
  func roster(
    of meeting: LiveMeeting, withWaiting: Bool
  ) -> (first: [ParticipantView], rest: [ParticipantView]) {
    let all = meeting.participants.values.filter { withWaiting || !$0.isWaiting }
      .map { view(of: $0, in: meeting) }
    let first = all.prefix(HubLimits.rosterPageMax)
    return (Array(first), Array(all.dropFirst(first.count)))
  }

  private func view(of participant: Participant, in meeting: LiveMeeting) -> ParticipantView {
    let account = state.accounts[participant.account]
    return ParticipantView(
      id: participant.id, name: account?.name.text ?? "",
      isHost: state.channels[meeting.channel].map { state.isHost(participant.account, of: $0) }
        ?? false,
      isGuest: account?.role == .guest, isWaiting: participant.isWaiting,
      microphone: participant.sources.contains(.microphone),
      camera: participant.sources.contains(.camera),
      screen: participant.sources.contains(.screen), handRaisedAt: participant.handRaisedAt,
      joinedAt: participant.joinedAt, isLost: participant.connection == nil)
  }

  func view(of channel: Channel, meetingFor reader: AccountID?) -> MeetingView {
    let live = meetings.meeting(in: channel.id)
    let there = meetingElsewhere(in: channel).flatMap { nodes.meeting($0) }
    let standing = live.map { copy(of: $0) } ?? there?.copy
    let meeting = standing == nil ? nil : channel.meeting
    let isOutside = reader.map { self.isOutside($0) } ?? false
    let names = isOutside ? [] : standing?.inside ?? []
    return MeetingView(
      channel: channel.id, label: state.label(of: channel, for: reader), meeting: meeting?.id,
      startedAt: meeting?.startedAt ?? WallTime(millisecondsSinceEpoch: 0),
      by: state.name(of: meeting?.by), names: names.map { state.name(of: $0) },
      count: standing?.count ?? 0, isLocked: standing?.isLocked ?? false,
      waitingRoom: channel.waitingRoom, waiting: standing?.waiting ?? 0, server: there?.at)
  }

  /// The first people of a meeting, each once.
  func inside(of meeting: LiveMeeting) -> OrderedSet<AccountID> {
    var accounts: OrderedSet<AccountID> = []
    for participant in meeting.participants.values where !participant.isWaiting {
      guard accounts.count < HubLimits.meetingNamesMax else { break }
      accounts.append(participant.account)
    }
    return accounts
  }

  // MARK: - The channel's people

  /// Everybody in the channel who listens hears how its meeting stands.
  mutating func tellMeetingNews() {
    for id in meetings.takeNews(at: now.monotonic) {
      guard let channel = state.channels[id] else { continue }
      if let meeting = meetings.meeting(in: id) { tellNodes(.meeting(copy(of: meeting))) }
      let listeners = presence.people.keys.filter { channel.members[$0] != nil }
      guard channel.kind == .direct else {
        for account in listeners where isOutside(account) {
          let view = view(of: channel, meetingFor: account)
          hold(.notifyAll(subscribed(of: account), .meetingChanged(view)))
        }
        let all = OrderedSet(
          listeners.filter { !isOutside($0) }.flatMap { subscribed(of: $0) }
        )
        .union(meetings.watchers(of: id))
        guard !all.isEmpty else { continue }
        hold(.notifyAll(Array(all), .meetingChanged(view(of: channel, meetingFor: nil))))
        continue
      }
      for account in listeners {
        let notice = Notice.meetingChanged(view(of: channel, meetingFor: account))
        hold(.notifyAll(subscribed(of: account), notice))
      }
    }
  }

  private func subscribed(of account: AccountID) -> [ConnectionID] {
    (connectionsByAccount[account] ?? []).filter { connections[$0]?.isSubscribed == true }
  }

  /// What goes on already when somebody comes.
  mutating func tellMeetings(to connection: ConnectionID, of account: AccountID) {
    guard meetings.count > 0 || options.isShared else { return }
    var left = HubLimits.meetingsToldMax
    for id in state.accounts[account]?.channels ?? [] where left > 0 {
      guard let channel = state.channels[id], channel.meeting != nil else { continue }
      let view = view(of: channel, meetingFor: account)
      guard view.meeting != nil else { continue }
      left -= 1
      hold(.notify(connection, .meetingChanged(view)))
    }
  }
}
