import OrderedCollections
import Primitives

// The only code that changes a place. Total: an event that cannot be (a race lost on another node, a
// journal from elsewhere) changes nothing but the counters, and never traps.
extension PlaceState {
  /// Takes the next event of the journal in.
  ///
  /// - Returns: the event with its entry and the counters of its channel; its time is clamped so that
  ///   it never decreases within a channel.
  @discardableResult
  package mutating func apply(_ event: Event) -> StampedEvent {
    entry += 1
    latestAt = max(latestAt, event.at)
    var stamped = StampedEvent(entry: entry, event: event, position: nil, sequence: nil)
    applyToPeople(event)
    applyToMeetings(event)
    guard let id = event.body.channel, applyToChannels(event) else { return stamped }
    stampAndPost(&stamped, in: id)
    return stamped
  }

  /// Gives a channel's event its position and, for a message, its sequence.
  private mutating func stampAndPost(_ stamped: inout StampedEvent, in id: ChannelID) {
    let event = stamped.event
    let position = channels[id, default: .placeholder].advance(&stamped.event.at)
    stamped.position = position
    switch event.body {
    case .messagePosted(_, let message):
      stamped.sequence = channels[id, default: .placeholder].post(message, at: stamped.event.at)
    case .messageDeleted(_, let sequence):
      channels[id, default: .placeholder].delete(sequence)
    case .meetingStarted(_, let meeting): start(meeting, in: id, stamped.event)
    case .memberJoined(_, let account):
      // Visible is what comes after one's own joining, so the joining itself must have its number.
      channels[id, default: .placeholder].join(account, isGuest: isGuest(account))
    case .channelCreated(let new):
      for member in new.members {
        channels[id, default: .placeholder].join(member, isGuest: isGuest(member))
      }
    default: break
    }
  }

  private mutating func applyToPeople(_ event: Event) {
    switch event.body {
    case .placeFounded(let place): found(place, at: event.at)
    case .accountCreated(let new): add(new, at: event.at)
    case .passwordChanged(let id, let hash): accounts[id]?.password = hash
    case .accountDisabled(let id): disable(id)
    case .accountEnabled(let id): accounts[id]?.isDisabled = false
    case .invitationCreated(let new): add(new, by: event.by, at: event.at)
    case .invitationRevoked(let id): forget(id)
    case .roleChanged(let id, let role): accounts[id]?.role = role
    case .deviceRegistered(let new): add(new, at: event.at)
    case .sessionOpened(let new): open(new, at: event.at)
    case .sessionClosed(let id, _): close(id)
    case .signInFailed(let failure):
      changeFailures(account: failure.account, device: failure.device) { $0.count() }
    case .accountLocked(let id, let device, let until):
      changeFailures(account: id, device: device) { $0.lock(from: event.at, until: until) }
    case .readMarked(let id, let account, let through):
      channels[id]?.members[account]?.markRead(through: through)
    case .accountUnlocked(let id):
      accounts[id]?.failures = SignInFailures()
      for device in accounts[id]?.devices ?? [] { devices[device]?.failures = SignInFailures() }
    default: break
    }
  }

  /// False when the event cannot be: then it moves no counter of a channel either, which may be
  /// another one than its author meant.
  private mutating func applyToChannels(_ event: Event) -> Bool {
    if case .channelCreated(let new) = event.body { return add(new, at: event.at) }
    guard let id = event.body.channel, let channel = channels[id] else { return false }
    switch event.body {
    case .memberJoined(_, let account):
      guard accounts[account] != nil, channel.members[account] == nil else { return false }
      accounts[account]?.channels.append(id)
    case .memberLeft(_, let account):
      guard channel.members[account] != nil else { return false }
      channels[id]?.members[account] = nil
      accounts[account]?.channels.remove(id)
    case .ownerChanged(_, let account):
      guard channel.members[account] != nil else { return false }
      channels[id]?.owner = account
    case .roomRenamed(_, let name): return rename(channel, to: name)
    case .roomClosed: return close(channel)
    case .meetingStarted: return mayStart(in: channel, event)
    case .meetingEnded(_, let end): return self.end(end.id, in: channel)
    default: break
    }
    return true
  }
}

// People.
extension PlaceState {
  private mutating func found(_ place: [UInt8], at: WallTime) {
    guard self.place.isEmpty else { return }
    self.place = place
    channels[.lobby] = Channel(
      id: .lobby, kind: .lobby, name: nil, number: nil, isClassic: false, owner: nil,
      lastEventAt: at, lastMessageAt: at)
    nextChannel = ChannelID(ChannelID.lobby.rawValue + 1)
  }

  private mutating func add(_ new: NewAccount, at: WallTime) {
    // The loser of a race for a name on another node: the command is decided again.
    guard accountsByName[new.name.folded] == nil, accounts[new.id] == nil else { return }
    accounts[new.id] = Account(new, at: at)
    accountsByName[new.name.folded] = new.id
    nextAccount = max(nextAccount, AccountID(new.id.rawValue + 1))
    if let invitation = new.invitation { use(invitation) }
    // A guest sees only the channel that they came to.
    guard new.role != .guest else { return }
    accounts[new.id]?.channels.append(.lobby)
    // Everybody reads the lobby from its beginning, but nobody begins with a thousand unread.
    let newest = channels[.lobby]?.sequence ?? 0
    channels[.lobby]?.members[new.id] = Membership(visibility: .everything, readThrough: newest)
  }

  private func isGuest(_ account: AccountID) -> Bool { accounts[account]?.role == .guest }

  /// A guest who is gone stays in the history, but leaves the name to others.
  private mutating func disable(_ id: AccountID) {
    guard let account = accounts[id] else { return }
    accounts[id]?.isDisabled = true
    if account.role == .guest, accountsByName[account.name.folded] == id {
      accountsByName[account.name.folded] = nil
    }
  }

  private mutating func add(_ new: NewInvitation, by: AccountID?, at: WallTime) {
    guard invitations[new.id] == nil, invitationsBySecret[new.secretHash] == nil else { return }
    if invitations.count >= Limits.invitationsMax { forgetInvitations(outOfDateAt: at) }
    invitations[new.id] = Invitation(
      id: new.id, secretHash: new.secretHash, role: new.role, usesLeft: new.uses,
      expiresAt: new.expiresAt, by: by, channel: new.channel)
    invitationsBySecret[new.secretHash] = new.id
    nextInvitation = max(nextInvitation, InvitationID(new.id.rawValue + 1))
  }

  private mutating func forgetInvitations(outOfDateAt time: WallTime) {
    invitations.removeAll { !$0.value.isGood(at: time) }
    invitationsBySecret.removeAll { invitations[$0.value] == nil }
  }

  private mutating func use(_ id: InvitationID) {
    guard var invitation = invitations[id] else { return }
    invitation.usesLeft = invitation.usesLeft > 0 ? invitation.usesLeft - 1 : 0
    invitations[id] = invitation
    if invitation.usesLeft == 0 { forget(id) }
  }

  private mutating func forget(_ id: InvitationID) {
    guard let invitation = invitations.removeValue(forKey: id) else { return }
    invitationsBySecret[invitation.secretHash] = nil
  }

  private mutating func add(_ new: NewDevice, at: WallTime) {
    let owner = DeviceOwner(account: new.account, identity: new.keys.identity)
    guard accounts[new.account] != nil, devices[new.id] == nil, devicesByIdentity[owner] == nil
    else { return }
    devices[new.id] = Device(
      id: new.id, account: new.account, keys: new.keys, registeredAt: at)
    devicesByIdentity[owner] = new.id
    accounts[new.account]?.devices.append(new.id)
    // It registers with its first success, which until then counted for the account.
    accounts[new.account]?.failures = SignInFailures()
    nextDevice = max(nextDevice, DeviceID(new.id.rawValue + 1))
  }

  private mutating func open(_ new: NewSession, at: WallTime) {
    // A number or a token that is in use would open somebody else's session.
    guard accounts[new.account] != nil, sessions[new.id] == nil,
      sessionsByToken[new.tokenHash] == nil
    else { return }
    sessions[new.id] = Session(
      id: new.id, account: new.account, device: new.device, tokenHash: new.tokenHash,
      address: new.address, openedAt: at)
    sessionsByToken[new.tokenHash] = new.id
    accounts[new.account]?.sessions.append(new.id)
    nextSession = max(nextSession, SessionID(new.id.rawValue + 1))
    // A success ends the row of failures, of strangers only when it was not a known device's.
    changeFailures(account: new.account, device: new.device) { $0 = SignInFailures() }
  }

  private mutating func close(_ id: SessionID) {
    guard let session = sessions[id] else { return }
    sessions[id] = nil
    sessionsByToken[session.tokenHash] = nil
    accounts[session.account]?.sessions.remove(id)
  }

  /// A known device counts for itself, everything else for the account.
  private mutating func changeFailures(
    account: AccountID?, device: DeviceID?, _ change: (inout SignInFailures) -> Void
  ) {
    if let device, var known = devices[device] {
      change(&known.failures)
      devices[device] = known
    } else if let account, var known = accounts[account] {
      change(&known.failures)
      accounts[account] = known
    }
  }
}

// Channels.
extension PlaceState {
  private mutating func add(_ new: NewChannel, at: WallTime) -> Bool {
    guard channels[new.id] == nil, new.members.allSatisfy({ accounts[$0] != nil }) else {
      return false
    }
    if let name = new.name, roomsByName[name.folded] != nil { return false }
    if let pair = new.pair, directs[pair] != nil { return false }
    let isRoom = new.kind == .publicRoom || new.kind == .privateRoom
    let number = isRoom ? nextRoomNumber : nil
    channels[new.id] = Channel(
      id: new.id, kind: new.kind, name: new.name, number: number, isClassic: new.isClassic,
      owner: new.owner, lastEventAt: at, lastMessageAt: at)
    nextChannel = max(nextChannel, ChannelID(new.id.rawValue + 1))
    if let number {
      roomsByNumber[number] = new.id
      nextRoomNumber += 1
    }
    if let name = new.name { roomsByName[name.folded] = new.id }
    if let pair = new.pair { directs[pair] = new.id }
    for member in new.members { accounts[member]?.channels.append(new.id) }
    return true
  }

  private mutating func rename(_ room: Channel, to name: Name) -> Bool {
    // A closed room's name may be another's by now.
    guard !room.isClosed, let old = room.name,
      roomsByName[name.folded, default: room.id] == room.id
    else { return false }
    roomsByName[old.folded] = nil
    roomsByName[name.folded] = room.id
    channels[room.id]?.name = name
    return true
  }

  /// A closed room keeps its number and its history; its name becomes free.
  private mutating func close(_ room: Channel) -> Bool {
    guard !room.isClosed, room.isRoom else { return false }
    channels[room.id]?.isClosed = true
    channels[room.id]?.meeting = nil
    if let name = room.name { roomsByName[name.folded] = nil }
    endGuestLinks(to: room.id)
    return true
  }
}

extension NewChannel {
  /// The two who write to each other; the same twice for notes to oneself.
  fileprivate var pair: Pair? {
    guard kind == .direct, let first = members.first, let last = members.last else { return nil }
    return Pair(first, last)
  }
}

extension Channel {
  /// Stands in for a channel that is known to exist, where a subscript asks for a default.
  fileprivate static let placeholder = Channel(
    id: ChannelID(0), kind: .direct, name: nil, number: nil, isClassic: false, owner: nil,
    lastEventAt: WallTime(millisecondsSinceEpoch: 0),
    lastMessageAt: WallTime(millisecondsSinceEpoch: 0))

  fileprivate mutating func advance(_ at: inout WallTime) -> UInt64 {
    lastEventAt = max(lastEventAt, at)
    at = lastEventAt
    position += 1
    return position
  }

  fileprivate mutating func post(_ message: NewMessage, at: WallTime) -> UInt64 {
    sequence += 1
    lastMessageAt = at
    // Who writes has read what came before.
    members[message.author]?.markRead(through: sequence)
    for account in message.mentions where account != message.author {
      members[account]?.mention(sequence)
    }
    return sequence
  }

  fileprivate mutating func join(_ account: AccountID, isGuest: Bool) {
    let visibility =
      (isOpenToAll && !isGuest) || kind == .direct
      ? Visibility.everything
      : Visibility(afterPosition: position - 1, afterSequence: sequence)
    members[account] = Membership(visibility: visibility, readThrough: sequence)
  }
}
