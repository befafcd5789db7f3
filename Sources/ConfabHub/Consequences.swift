import ConfabDomain
import OrderedCollections
import Primitives

// Who hears of an event, besides the one who asked for it.
extension Hub {
  mutating func holdConsequences(of stamped: StampedEvent) {
    switch stamped.event.body {
    case .channelCreated(let new):
      for member in new.members { subscribe(member, to: new.id) }
      tell(stamped, in: new.id)
    case .memberJoined(let channel, let account):
      subscribe(account, to: channel)
      tell(stamped, in: channel)
    case .memberLeft(let channel, let account):
      // They hear of their own leaving, and of nothing after it.
      tell(stamped, in: channel)
      unsubscribe(account, from: channel)
      withdrawFiles(in: channel, from: account)
      leaveMeeting(in: channel, account, .notAMember)
      stopWatching(channel, account)
    case .roomClosed(let channel):
      tell(stamped, in: channel)
      withdrawFiles(in: channel)
    case .meetingStarted(let channel, let meeting):
      tell(stamped, in: channel)
      meetingStarted(meeting, in: channel, entry: stamped.entry)
    case .meetingEnded(let channel, let end):
      meetingEnded(end.id, in: channel)
      tell(stamped, in: channel)
    case .meetingRemoved(let channel, let account):
      leaveMeeting(in: channel, account, .removed, by: stamped.event.by)
    case .readMarked(let channel, let account, _): noteChange(of: channel, to: account)
    case .sessionClosed(let session, let end): endConnections(of: session, end)
    default:
      if let channel = stamped.event.body.channel { tell(stamped, in: channel) }
    }
  }

  private mutating func tell(_ stamped: StampedEvent, in channel: ChannelID) {
    hold(.tell(channel, stamped))
  }

  mutating func subscribe(_ account: AccountID, to channel: ChannelID) {
    guard let listening = connectionsByAccount[account], let found = state.channels[channel]
    else { return }
    let view = view(of: found, for: account)
    for id in listening where connections[id]?.isSubscribed == true {
      hold(.subscribe(id, channel))
      hold(.notify(id, .channelChanged(view)))
    }
  }

  private mutating func unsubscribe(_ account: AccountID, from channel: ChannelID) {
    guard let listening = connectionsByAccount[account], let found = state.channels[channel]
    else { return }
    let label = state.label(of: found, for: account)
    for id in listening where connections[id]?.isSubscribed == true {
      hold(.unsubscribe(id, channel))
      hold(.notify(id, .channelGone(channel, label: label)))
    }
  }

  /// What one device has read is read on the others too.
  private mutating func noteChange(of channel: ChannelID, to account: AccountID) {
    guard let listening = connectionsByAccount[account], let found = state.channels[channel]
    else { return }
    let view = view(of: found, for: account)
    for id in listening where connections[id]?.isSubscribed == true {
      hold(.notify(id, .channelChanged(view)))
    }
  }

  /// Whoever has somebody else's password cannot use it unnoticed.
  mutating func noteDevice(_ keys: DeviceKeys, of account: AccountID, from address: String) {
    for id in connectionsByAccount[account] ?? [] where connections[id]?.isSubscribed == true {
      hold(.notify(id, .deviceSeen(keys, address: address)))
    }
  }

  /// A session that is over takes its connections with it, at once and not after the linger.
  private mutating func endConnections(of session: SessionID, _ end: SessionEnd) {
    let ended = connections.filter { $0.value.session == session }.map(\.key)
    for id in ended {
      signOff(id)
      afterReply.append(.close(id, end.farewell))
    }
    endLinger(of: session)
  }
}

extension SessionEnd {
  /// What the person reads when a connection is closed for this reason.
  var farewell: Rejection {
    let words =
      switch self {
      case .signedOut: "You signed out."
      case .revoked: "This session was ended from another one of yours. Sign in again."
      case .ended: "An owner ended this session. Sign in again."
      case .passwordChanged: "Your password was changed. Sign in with the new one."
      case .accountDisabled: "This account was disabled. Ask an owner of this server."
      case .meetingEnded: "The meeting that you came to has ended for you. Thank you for coming."
      case .superseded: "Too many sessions were open, and this was the oldest. Sign in again."
      }
    return Rejection(self == .accountDisabled ? .accountDisabled : .sessionUnknown, words)
  }
}
