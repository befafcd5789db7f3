package import ConfabWire
import SwiftProtobuf

// Lists that come in pages, as one list.
extension Connection {
  package func channels(notJoined: Bool) async throws -> [WireChannelInfo] {
    var request = WireListChannels()
    request.notJoined = notJoined
    return try await all { last in
      if let last { request.after = last.id }
      return .listChannels(request)
    } of: {
      if case .channelList(let page) = $0 { (page.channels, page.more) } else { nil }
    }
  }

  package func members(of channel: WireChannelRef) async throws -> [WireMember] {
    var request = WireListMembers()
    request.channel = channel
    return try await all { last in
      if let last { request.after = last.name }
      return .listMembers(request)
    } of: {
      if case .memberList(let page) = $0 { (page.members, page.more) } else { nil }
    }
  }

  package func activePeople() async throws -> [WirePresence] {
    try await all { last in
      .who(.with { $0.after = last?.name ?? "" })
    } of: {
      if case .presenceList(let page) = $0 { (page.people, page.more) } else { nil }
    }
  }

  package func accounts() async throws -> [WireAccount] {
    try await all { last in
      .listAccounts(.with { $0.after = last?.name ?? "" })
    } of: {
      if case .accountList(let page) = $0 { (page.accounts, page.more) } else { nil }
    }
  }

  package func invitations() async throws -> [WireOpenInvitation] {
    try await all { last in
      .listInvitations(.with { $0.after = last?.id ?? 0 })
    } of: {
      if case .invitationList(let page) = $0 { (page.invitations, page.more) } else { nil }
    }
  }

  package func allRooms() async throws -> [WireChannelInfo] {
    try await all { last in
      .listAllRooms(.with { $0.after = last?.id ?? 0 })
    } of: {
      if case .channelList(let page) = $0 { (page.channels, page.more) } else { nil }
    }
  }

  /// `SessionList` has no mark for more pages: an empty one is the end.
  package func allSessions() async throws -> [WireSession] {
    try await all { last in
      .listAllSessions(.with { $0.after = last?.id ?? 0 })
    } of: {
      if case .sessionList(let page) = $0 { (page.sessions, true) } else { nil }
    }
  }

  /// Asks for page after page, until there is no more or one is empty.
  ///
  /// - Parameters:
  ///   - request: for what comes after the last item of the pages before; nil for the first page.
  ///   - page: the items of an answer and whether more follow; nil when it is another answer.
  private func all<Item>(
    _ request: (_ after: Item?) -> WireClientFrame.OneOf_Body,
    of page: (WireServerFrame.OneOf_Body) -> ([Item], more: Bool)?
  ) async throws -> [Item] {
    var items: [Item] = []
    while true {
      guard let (found, more) = page(try await self.request(request(items.last))) else {
        throw wrongAnswer
      }
      items += found
      if !more || found.isEmpty { return items }
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
