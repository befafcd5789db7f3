import ConfabDomain
import OrderedCollections
import Primitives

// How meetings follow from what the journal says, and how they end.
extension Hub {
  mutating func meetingStarted(_ id: MeetingID, in channel: ChannelID, entry: UInt64) {
    meetings.start(LiveMeeting(id: id, channel: channel, entry: entry))
    hold(.media(.openMeeting(id)))
    meetings.addNews(of: channel, at: now.monotonic)
  }

  mutating func meetingEnded(_ id: MeetingID, in channel: ChannelID) {
    orphans.remove(channel)
    nodes.forget(id)
    meetings.addNews(of: channel, at: now.monotonic)
    endedMeetings.append(channel)
    guard let meeting = meetings[id] else { return }
    for participant in meeting.participants.values {
      guard let connection = participant.connection else { continue }
      hold(.notify(connection, .meetingGone(id, channel, .ended, by: "")))
    }
    for watcher in meetings.watchers(of: channel) {
      hold(.notify(watcher, .meetingGone(id, channel, .ended, by: "")))
    }
    _ = meetings.end(id)
    hold(.media(.closeMeeting(id)))
    logMeeting(of: nil, "meeting ended", "\(id)")
  }

  /// Every device of a person leaves the channel's meeting.
  mutating func leaveMeeting(
    in channel: ChannelID, _ account: AccountID, _ departure: MeetingDeparture,
    by host: AccountID? = nil
  ) {
    guard let meeting = meetings.meeting(in: channel) else { return }
    for participant in meeting.participants.values where participant.account == account {
      leaveMeeting(
        MediaParty(meeting: meeting.id, participant: participant.id), departure, by: host)
    }
  }

  /// Who is not in the channel any more does not hear of its meetings either.
  mutating func stopWatching(_ channel: ChannelID, _ account: AccountID) {
    for connection in connectionsByAccount[account] ?? [] {
      meetings.stopWatching(channel, connection)
    }
  }

  mutating func endMeeting(in channel: ChannelID, _ reason: MeetingEnd.Reason) {
    do throws(Rejection) {
      try execute(EndMeeting(channel: channel, reason: reason), by: .operator)
    } catch {
      // The journal cannot be written now: ended as soon as it can be.
      orphans.append(channel)
    }
  }

  // MARK: - Connections

  /// A connection is no more, but may come back.
  mutating func loseMeetings(of connection: ConnectionID) {
    meetings.stopWatching(connection)
    for party in meetings.lose(connection, at: now.monotonic) { tellParticipant(party, by: nil) }
  }

  /// Whoever was on this connection is signed out.
  mutating func endMeetings(of connection: ConnectionID) {
    meetings.stopWatching(connection)
    for party in meetings.parties(on: connection) { leaveMeeting(party, .notAMember) }
  }

  mutating func expireMeetings() {
    for party in meetings.overdue(at: now.monotonic) { leaveMeeting(party, .lost) }
    endOrphans()
    tellMeetingNews()
  }

  // MARK: - Meetings that nobody holds

  /// Meetings that the journal knows and nobody is in: the server was stopped, or failed, meanwhile.
  mutating func findOrphans() {
    guard !options.isShared else { return lookForOrphans(after: HubLimits.orphanGrace) }
    orphans = OrderedSet(
      state.channels.values.filter { $0.meeting != nil && meetings.meeting(in: $0.id) == nil }
        .map(\.id))
  }

  /// At once, or as soon as the journal is tried again.
  var orphanDeadline: MonotonicTime? {
    guard !orphans.isEmpty, !isReloading, !isJournalLost else { return nil }
    return journalPausedUntil ?? MonotonicTime(nanoseconds: 0)
  }

  private mutating func endOrphans() {
    guard !orphans.isEmpty, (try? requireJournal()) != nil else { return }
    for channel in orphans {
      orphans.remove(channel)
      guard let meeting = state.channels[channel]?.meeting else { continue }
      if let held = meetings.meeting(in: channel) {
        // Somebody may have come while the journal could not be written.
        if held.inside == 0 { endMeeting(in: channel, .empty) }
        continue
      }
      // It may have been heard of while the journal could not be written.
      if options.isShared, nodes.holder(of: meeting.id) != nil { continue }
      // The journal's newest word is the last that is known of the time before.
      let endedAt = max(meeting.lastSeenAt, min(state.latestAt, now.wall))
      _ = try? execute(
        EndMeeting(channel: channel, reason: .serverStopped, endedAt: endedAt), by: .operator)
    }
  }

  /// The server is about to stop: whoever reads the history later sees when the calls ended.
  mutating func endAllMeetings() {
    for meeting in meetings.live.values { endMeeting(in: meeting.channel, .serverStopped) }
  }

  // MARK: - A journal that fails

  /// Forgets who came with what was lost. None of it was told.
  mutating func forgetMeetings(after entry: UInt64) {
    for meeting in meetings.live.values {
      if meeting.entry > entry {
        _ = meetings.end(meeting.id)
        continue
      }
      for participant in meeting.participants.values where participant.entry > entry {
        _ = meetings.remove(MediaParty(meeting: meeting.id, participant: participant.id))
      }
    }
  }

  /// What was to be told may be lost: everybody hears how it stands.
  mutating func retellMeetings() {
    findOrphans()
    for meeting in meetings.live.values {
      guard let channel = state.channels[meeting.channel], channel.meeting?.id == meeting.id
      else {
        meetingEnded(meeting.id, in: meeting.channel)
        continue
      }
      if meeting.inside == 0 { endMeeting(in: meeting.channel, .empty) }
      for participant in meeting.participants.values where !participant.isWaiting {
        guard let connection = participant.connection else { continue }
        let (first, _) = roster(
          of: meeting, withWaiting: state.isHost(participant.account, of: channel))
        hold(.notify(connection, .meetingAdmitted(meeting.id, first)))
      }
      meetings.addNews(of: meeting.channel, at: now.monotonic)
    }
  }
}
