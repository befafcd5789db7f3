package import ConfabWire
import SwiftProtobuf

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

  package func invitations() async throws -> [WireOpenInvitation] {
    var request = WireListInvitations()
    var invitations: [WireOpenInvitation] = []
    while true {
      guard case .invitationList(let page) = try await self.request(.listInvitations(request))
      else { throw wrongAnswer }
      invitations += page.invitations
      guard page.more, let last = page.invitations.last else { return invitations }
      request.after = last.id
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

  /// All messages that match, page by page in ascending order.
  ///
  /// - Parameter limit: so many in all; nil means no limit.
  /// - Returns: the first page without its messages: which channel, and as of which position.
  @discardableResult
  package func messages(
    _ first: WireReadMessages, limit: Int?, _ page: (WireMessageList) async throws -> Void
  ) async throws -> WireMessageList {
    switch first.bound {
    case nil, .beforeSequence: try await newestMessages(first, limit: limit, page)
    case .sinceSequence, .sinceTime, .sinceSecond:
      try await laterMessages(first, limit: limit, page)
    }
  }

  /// When the channel's meetings began and ended, between two positions.
  package func meetings(
    in channel: UInt64, after position: UInt64, through end: UInt64
  ) async throws -> [WireEvent] {
    var found: [WireEvent] = []
    var after = position
    while after < end {
      let request = WireReadEvents.with { ($0.channel, $0.afterPosition) = (channel, after) }
      guard case .eventList(let list) = try await self.request(.readEvents(request)) else {
        throw wrongAnswer
      }
      found += list.events.filter { event in
        switch event.body {
        case .meetingStarted, .meetingEnded: event.position <= end
        default: false
        }
      }
      guard list.more, let last = list.events.last else { break }
      after = last.position
    }
    return found
  }

  private func laterMessages(
    _ first: WireReadMessages, limit: Int?, _ page: (WireMessageList) async throws -> Void
  ) async throws -> WireMessageList {
    var request = first
    var left = limit ?? .max
    var opening: WireMessageList?
    while true {
      request.limit = limit == nil ? 0 : UInt32(clamping: left)
      let list = try await readMessages(request)
      if opening == nil { opening = list.withoutMessages }
      try await page(list)
      left -= list.messages.count
      guard list.more, left > 0, let last = list.messages.last else {
        return opening ?? list
      }
      request.bound = .sinceSequence(last.sequence)
    }
  }

  /// The newest come first over the wire, so they are gathered before the first is told.
  private func newestMessages(
    _ first: WireReadMessages, limit: Int?, _ page: (WireMessageList) async throws -> Void
  ) async throws -> WireMessageList {
    var request = first
    var left = limit ?? .max
    var pages: [WireMessageList] = []
    while left > 0 {
      request.limit = limit == nil ? 0 : UInt32(clamping: left)
      let list = try await readMessages(request)
      pages.append(list)
      left -= list.messages.count
      guard list.more, let oldest = list.messages.first else { break }
      request.bound = .beforeSequence(oldest.sequence)
    }
    for list in pages.reversed() { try await page(list) }
    return pages.first?.withoutMessages ?? WireMessageList()
  }

  private func readMessages(_ request: WireReadMessages) async throws -> WireMessageList {
    guard case .messageList(let list) = try await self.request(.readMessages(request)) else {
      throw wrongAnswer
    }
    return list
  }

  package func devices(of person: String) async throws -> WireDeviceList {
    var request = WireReadDevices()
    request.name = person
    guard case .deviceList(let list) = try await self.request(.readDevices(request)) else {
      throw wrongAnswer
    }
    return list
  }

  package var wrongAnswer: ConnectionError { .wrongAnswer }
}

extension WireMessageList {
  fileprivate var withoutMessages: WireMessageList {
    var list = self
    list.messages = []
    return list
  }
}
