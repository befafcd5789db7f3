import ConfabDomain
import OrderedCollections
import Primitives

/// Guests who are nowhere, and until when they may come back.
struct GuestGraces: Sendable {
  private var waiting: OrderedDictionary<AccountID, MonotonicTime> = [:]
  /// Whether those whom the journal knows from before the server's start are among them.
  var knowsAll = false

  var nextDeadline: MonotonicTime? {
    knowsAll ? waiting.values.first : MonotonicTime(nanoseconds: 0)
  }

  mutating func begin(_ guest: AccountID, at now: MonotonicTime) {
    waiting[guest] = nil
    waiting[guest] = now + HubLimits.guestGrace
  }

  mutating func takeOver(at now: MonotonicTime) -> [AccountID] {
    let over = waiting.elements.prefix { $0.value <= now }.map(\.key)
    for guest in over { waiting[guest] = nil }
    return over
  }
}

// Before guests are let in they say and hear nothing, and see nobody; and they do not stay for ever.
extension Hub {
  /// A guest whom neither a host nor an open door has let into the meeting.
  func isOutside(_ account: AccountID) -> Bool {
    guard let guest = state.accounts[account], guest.role == .guest,
      let channel = guest.channels.first
    else { return false }
    return meetings.meeting(in: channel)?.admitted.contains(account) != true
  }

  /// What somebody may read: for who is outside, nothing that was said so far.
  func readable(
    _ reference: ChannelReference, by actor: Actor
  ) throws(Rejection) -> (Channel, Visibility) {
    let (channel, visibility) = try state.readable(reference, by: actor)
    return (channel, seen(visibility, in: channel, by: actor.account))
  }

  func seen(_ visibility: Visibility, in channel: Channel, by reader: AccountID?) -> Visibility {
    guard let reader, isOutside(reader) else { return visibility }
    return Visibility(afterPosition: channel.position, afterSequence: channel.sequence)
  }

  /// Somebody is in the meeting: from now on a guest hears what is said in the room.
  mutating func welcome(_ guest: AccountID, to meeting: MeetingID) {
    guard let channel = meetings[meeting]?.channel, isOutside(guest) else { return }
    meetings.change(meeting) { $0.admitted.insert(guest) }
    subscribe(guest, to: channel)
  }

  // MARK: - The end

  /// The person may have been a guest, and this their last connection.
  mutating func guestMayBeGone(_ account: AccountID?) {
    guard let account, state.accounts[account]?.role == .guest,
      connectionsByAccount[account] == nil
    else { return }
    guestGraces.begin(account, at: now.monotonic)
  }

  mutating func expireGuests() {
    if !guestGraces.knowsAll {
      guestGraces.knowsAll = true
      for guest in state.accounts.values where guest.role == .guest && !guest.isDisabled {
        guestGraces.begin(guest.id, at: now.monotonic)
      }
    }
    for guest in guestGraces.takeOver(at: now.monotonic) {
      guard connectionsByAccount[guest] == nil, let account = state.accounts[guest],
        !account.isDisabled
      else { continue }
      // On another node of the place they may be there.
      if nodes.person(guest) != nil || (try? endGuest(account)) == nil {
        guestGraces.begin(guest, at: now.monotonic)
      }
    }
  }

  mutating func endGuest(_ guest: Account) throws(Rejection) {
    try requireJournal()
    try execute(DisableAccount(name: guest.name.text), by: .operator)
    logMeeting(of: guest.id, "is no guest any more", "")
  }
}
