import ConfabDomain
import OrderedCollections
import Primitives

/// All meetings that go on, who hears of them, and who may come back.
struct Meetings: Sendable {
  private(set) var live: OrderedDictionary<MeetingID, LiveMeeting> = [:]
  private var byChannel: [ChannelID: MeetingID] = [:]
  private var byConnection: [ConnectionID: OrderedSet<MediaParty>] = [:]
  /// Connections that follow a channel's meetings without being in them.
  private var watchers: [ChannelID: OrderedSet<ConnectionID>] = [:]
  private var watched: [ConnectionID: OrderedSet<ChannelID>] = [:]
  /// Participants whose connection is lost, in the order in which they leave for that.
  private var graces: OrderedDictionary<MediaParty, MonotonicTime> = [:]
  /// Channels whose people are told how their meeting stands, in the order in which that is due.
  private var news: OrderedDictionary<ChannelID, MonotonicTime> = [:]
  private var toldAt: [ChannelID: MonotonicTime] = [:]

  var count: Int { live.count }
  var participantCount: Int { live.values.reduce(0) { $0 + $1.participants.count } }

  subscript(id: MeetingID) -> LiveMeeting? { live[id] }

  func meeting(in channel: ChannelID) -> LiveMeeting? {
    byChannel[channel].flatMap { live[$0] }
  }

  func participant(_ party: MediaParty) -> Participant? {
    live[party.meeting]?.participants[party.participant]
  }

  var nextDeadline: MonotonicTime? {
    [graces.values.first, news.values.first].compactMap(\.self).min()
  }

  // MARK: - Meetings

  mutating func start(_ meeting: LiveMeeting) {
    live[meeting.id] = meeting
    byChannel[meeting.channel] = meeting.id
  }

  mutating func end(_ id: MeetingID) -> LiveMeeting? {
    guard let meeting = live.removeValue(forKey: id) else { return nil }
    byChannel[meeting.channel] = nil
    for participant in meeting.participants.values {
      forget(MediaParty(meeting: id, participant: participant.id), participant.connection)
    }
    return meeting
  }

  mutating func change(_ id: MeetingID, _ change: (inout LiveMeeting) -> Void) {
    // By place, so that nothing is copied.
    guard let index = live.index(forKey: id) else { return }
    change(&live.values[index])
  }

  // MARK: - Participants

  mutating func insert(_ participant: Participant, into id: MeetingID) {
    change(id) { $0.insert(participant) }
    guard let connection = participant.connection else { return }
    byConnection[connection, default: []]
      .append(MediaParty(meeting: id, participant: participant.id))
  }

  mutating func remove(_ party: MediaParty) -> Participant? {
    var gone: Participant?
    change(party.meeting) { gone = $0.remove(party.participant) }
    if let gone { forget(party, gone.connection) }
    return gone
  }

  private mutating func forget(_ party: MediaParty, _ connection: ConnectionID?) {
    graces[party] = nil
    guard let connection else { return }
    byConnection[connection]?.remove(party)
    if byConnection[connection]?.isEmpty == true { byConnection[connection] = nil }
  }

  mutating func change(_ party: MediaParty, _ change: (inout Participant) -> Void) {
    self.change(party.meeting) { $0.change(party.participant, change) }
  }

  /// The participant goes on, on this connection.
  mutating func attach(_ party: MediaParty, to connection: ConnectionID) {
    guard let before = participant(party) else { return }
    forget(party, before.connection)
    change(party) { $0.connection = connection }
    byConnection[connection, default: []].append(party)
  }

  func parties(on connection: ConnectionID) -> [MediaParty] {
    Array(byConnection[connection] ?? [])
  }

  func party(in meeting: MeetingID, on connection: ConnectionID) -> MediaParty? {
    byConnection[connection]?.first { $0.meeting == meeting }
  }

  /// The connection is no more: its participants may come back for a while.
  mutating func lose(_ connection: ConnectionID, at now: MonotonicTime) -> [MediaParty] {
    let parties = parties(on: connection)
    for party in parties {
      change(party) { $0.connection = nil }
      graces[party] = now + HubLimits.meetingGrace
    }
    byConnection[connection] = nil
    return parties
  }

  /// Those whose connection did not come back.
  func overdue(at now: MonotonicTime) -> [MediaParty] {
    graces.elements.prefix { $0.value <= now }.map(\.key)
  }

  // MARK: - Watching

  /// False when the connection watches too many already.
  mutating func watch(_ channel: ChannelID, _ connection: ConnectionID) -> Bool {
    guard (watched[connection]?.count ?? 0) < HubLimits.watchedChannelsMax else { return false }
    watched[connection, default: []].append(channel)
    watchers[channel, default: []].append(connection)
    return true
  }

  mutating func stopWatching(_ channel: ChannelID, _ connection: ConnectionID) {
    watched[connection]?.remove(channel)
    if watched[connection]?.isEmpty == true { watched[connection] = nil }
    watchers[channel]?.remove(connection)
    if watchers[channel]?.isEmpty == true { watchers[channel] = nil }
  }

  mutating func stopWatching(_ connection: ConnectionID) {
    for channel in watched[connection] ?? [] { stopWatching(channel, connection) }
  }

  func watchers(of channel: ChannelID) -> OrderedSet<ConnectionID> { watchers[channel] ?? [] }

  // MARK: - News

  /// Has the channel's people told how its meeting stands: now, or a little later when they were told
  /// a moment ago.
  mutating func addNews(of channel: ChannelID, at now: MonotonicTime) {
    guard news[channel] == nil else { return }
    let due = toldAt[channel].map { max(now, $0 + HubLimits.meetingNewsPause) } ?? now
    let index = news.values.lastIndex { $0 <= due }.map { $0 + 1 } ?? 0
    _ = news.updateValue(due, forKey: channel, insertingAt: index)
  }

  mutating func takeNews(at now: MonotonicTime) -> [ChannelID] {
    let due = news.elements.prefix { $0.value <= now }.map(\.key)
    for channel in due {
      news[channel] = nil
      toldAt[channel] = byChannel[channel] == nil ? nil : now
    }
    return due
  }
}
