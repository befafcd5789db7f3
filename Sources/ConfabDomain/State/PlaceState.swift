package import OrderedCollections
package import Primitives

/// All that decisions need to know, built from events by `apply` alone.
///
/// It holds people and channels but no texts: those are in the journal's views.
package struct PlaceState: Sendable, Codable, Equatable {
  /// The number of events applied, which is the newest one's entry.
  package var entry: UInt64 = 0
  /// The latest time of any event.
  package var latestAt = WallTime(millisecondsSinceEpoch: 0)
  /// 16 bytes; empty before the place is founded.
  package var place: [UInt8] = []
  package var accounts: OrderedDictionary<AccountID, Account> = [:]
  package var channels: OrderedDictionary<ChannelID, Channel> = [:]
  package var sessions: OrderedDictionary<SessionID, Session> = [:]
  package var devices: OrderedDictionary<DeviceID, Device> = [:]
  package var invitations: OrderedDictionary<InvitationID, Invitation> = [:]

  // Numbers that the next ones get. They only grow, so that none is used twice.
  package var nextAccount = AccountID(1)
  package var nextChannel = ChannelID(1)
  package var nextSession = SessionID(1)
  package var nextDevice = DeviceID(1)
  package var nextInvitation = InvitationID(1)
  package var nextMeeting = MeetingID(1)
  package var nextRoomNumber: UInt64 = 1

  // Indexes of the above, by what people and programs name things with.
  package var accountsByName: OrderedDictionary<String, AccountID> = [:]
  package var roomsByName: OrderedDictionary<String, ChannelID> = [:]
  package var roomsByNumber: OrderedDictionary<UInt64, ChannelID> = [:]
  package var directs: OrderedDictionary<Pair, ChannelID> = [:]
  package var sessionsByToken: OrderedDictionary<[UInt8], SessionID> = [:]
  package var devicesByIdentity: OrderedDictionary<DeviceOwner, DeviceID> = [:]
  package var invitationsBySecret: OrderedDictionary<[UInt8], InvitationID> = [:]

  package init() {}

  package var hasOwner: Bool { accounts.values.contains { $0.role == .owner && !$0.isDisabled } }
}

/// A device is known for one account: the same keys for another are another device.
package struct DeviceOwner: Hashable, Sendable, Codable {
  package let account: AccountID
  package let identity: [UInt8]

  package init(account: AccountID, identity: [UInt8]) {
    self.account = account
    self.identity = identity
  }
}

// Looking things up.
extension PlaceState {
  package func account(named name: Name) -> Account? {
    accountsByName[name.folded].flatMap { accounts[$0] }
  }

  package func room(named name: Name) -> Channel? {
    roomsByName[name.folded].flatMap { channels[$0] }
  }

  package func session(tokenHash: [UInt8]) -> Session? {
    sessionsByToken[tokenHash].flatMap { sessions[$0] }
  }

  package func device(identity: [UInt8], of account: AccountID) -> Device? {
    devicesByIdentity[DeviceOwner(account: account, identity: identity)].flatMap { devices[$0] }
  }

  package func name(of account: AccountID?) -> String {
    account.flatMap { accounts[$0]?.name.text } ?? ""
  }

  /// What `reader` would type to name the channel: `#plans` or `@ann`.
  package func label(of channel: Channel, for reader: AccountID?) -> String {
    switch channel.kind {
    case .lobby: return "#lobby"
    case .publicRoom, .privateRoom: return "#\(channel.name?.text ?? "")"
    case .direct:
      let others = channel.members.keys.filter { $0 != reader }
      return "@\(name(of: others.first ?? reader))"
    }
  }
}
