package import ConfabDomain
package import ConfabWire

// Lists that come in pages, as one list.
extension Connection {
  package func channels(notJoined: Bool) async throws -> [WireChannelInfo] {
    var request = WireListChannels()
    request.notJoined = notJoined
    var channels: [WireChannelInfo] = []
    while true {
      guard case .channelList(let page) = try await self.request(.listChannels(request)) else {
        throw wrongAnswer
      }
      channels += page.channels
      guard page.more, let last = page.channels.last else { return channels }
      request.after = last.id
    }
  }

  package func members(of channel: WireChannelRef) async throws -> [WireMember] {
    var request = WireListMembers()
    request.channel = channel
    var members: [WireMember] = []
    while true {
      guard case .memberList(let page) = try await self.request(.listMembers(request)) else {
        throw wrongAnswer
      }
      members += page.members
      guard page.more, let last = page.members.last else { return members }
      request.after = last.name
    }
  }

  package func activePeople() async throws -> [WirePresence] {
    var request = WireWho()
    var people: [WirePresence] = []
    while true {
      guard case .presenceList(let page) = try await self.request(.who(request)) else {
        throw wrongAnswer
      }
      people += page.people
      guard page.more, let last = page.people.last else { return people }
      request.after = last.name
    }
  }

  package func accounts() async throws -> [WireAccount] {
    var request = WireListAccounts()
    var accounts: [WireAccount] = []
    while true {
      guard case .accountList(let page) = try await self.request(.listAccounts(request)) else {
        throw wrongAnswer
      }
      accounts += page.accounts
      guard page.more, let last = page.accounts.last else { return accounts }
      request.after = last.name
    }
  }

  package func allRooms() async throws -> [WireChannelInfo] {
    var request = WireListAllRooms()
    var rooms: [WireChannelInfo] = []
    while true {
      guard case .channelList(let page) = try await self.request(.listAllRooms(request)) else {
        throw wrongAnswer
      }
      rooms += page.channels
      guard page.more, let last = page.channels.last else { return rooms }
      request.after = last.id
    }
  }

  /// `SessionList` has no mark for more pages: an empty one is the end.
  package func allSessions() async throws -> [WireSession] {
    var request = WireListAllSessions()
    var sessions: [WireSession] = []
    while true {
      guard case .sessionList(let page) = try await self.request(.listAllSessions(request)) else {
        throw wrongAnswer
      }
      guard let last = page.sessions.last else { return sessions }
      sessions += page.sessions
      request.after = last.id
    }
  }

  /// Messages that match, page by page in ascending order, each page at most so many in all.
  ///
  /// - Returns: the channel, its name, and the position that the first page tells it as of.
  @discardableResult
  package func messages(
    _ first: WireReadMessages, limit: Int?, _ page: (WireMessageList) async throws -> Void
  ) async throws -> WireMessageList {
    var request = first
    var left = limit ?? .max
    var opening: WireMessageList?
    while true {
      request.limit = UInt32(clamping: limit == nil ? 0 : left)
      guard case .messageList(let list) = try await self.request(.readMessages(request)) else {
        throw wrongAnswer
      }
      opening = opening ?? list
      try await page(list)
      left -= list.messages.count
      guard list.more, left > 0, let last = list.messages.last else { return opening ?? list }
      request.bound = .sinceSequence(last.sequence)
    }
  }

  package func devices(of person: String) async throws -> WireDeviceList {
    var request = WireReadDevices()
    request.name = person
    guard case .deviceList(let list) = try await self.request(.readDevices(request)) else {
      throw wrongAnswer
    }
    return list
  }

  package var wrongAnswer: ConnectionError {
    .unreachable("The server gave an answer of the wrong kind. Upgrade the older of the two.")
  }
}
